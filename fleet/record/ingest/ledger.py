"""The ledger of one boot: what was received, twice, refused; when it ran; which boot ended it. Pure: no store, no clock.

Does not depend on where rows are kept. `Ledger` is the state of a row of tables.boot; record.py loads and saves it in the transaction
of the items it counts.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from contract.site.sequence import Sequence
from fleet.record.dating import HOW_BOUNDS, HOW_REPAIRED

MAX_RANGES = 512
# More restarts than a board makes between two of which we hear: one a minute for almost two years.
MOST_BOOTS_AHEAD = 1_000_000


@dataclass(slots=True)
class Ledger:
    id: int
    node: str
    boot: str
    first_ms: int | None = None
    last_ms: int | None = None
    ended_by: str | None = None
    reset_cause: str | None = None
    received: int = 0
    duplicates: int = 0
    refused: int = 0
    highest: int = -1
    forgotten: int = 0
    anchor_offset_ms: int | None = None
    anchor_error_ms: int | None = None
    sequence: Sequence = field(default_factory=lambda: Sequence(max_ranges=MAX_RANGES))
    hardware: int = 1
    deployment: int = 0
    delivered_since_ms: int = 0

    def is_in_doubt(self, seq: int) -> bool:
        """Whether only the store knows if this number came: gaps were given up, and they lie in the first range."""
        return self.forgotten > 0 and seq <= int(self.sequence.ranges[0][1])

    def accept(self, seq: int, start_ms: int) -> None:
        given_up = self.sequence.forgotten
        if not self.sequence.add(seq):
            self.forgotten -= 1  # a number of a gap that had been given up came after all
        self.forgotten += self.sequence.forgotten - given_up
        self.received += 1
        self.highest = max(self.highest, seq)
        self.first_ms = start_ms if self.first_ms is None else min(self.first_ms, start_ms)
        self.last_ms = start_ms if self.last_ms is None else max(self.last_ms, start_ms)

    def delivered(self, deployment: int, now_ms: int) -> None:
        """deployment: under which something of it was delivered now."""
        if deployment > self.deployment:
            self.deployment, self.delivered_since_ms = deployment, now_ms

    def date(self, how: int, start_ms: int, error_ms: int, uptime_ms: int) -> tuple[int, int, int]:
        """(how, start, error) of an item: bounds give way to the anchor where it knows better."""
        offset_ms, anchor_error_ms = self.anchor_offset_ms, self.anchor_error_ms
        if how != HOW_BOUNDS or offset_ms is None or anchor_error_ms is None or anchor_error_ms >= error_ms:
            return how, start_ms, error_ms
        return HOW_REPAIRED, max(0, uptime_ms + offset_ms), anchor_error_ms

    def accept_anchor(self, offset_ms: int, error_ms: int) -> bool:
        """True when it is better than the one known."""
        if self.anchor_error_ms is not None and self.anchor_error_ms <= error_ms:
            return False
        self.anchor_offset_ms, self.anchor_error_ms = offset_ms, error_ms
        return True

    def row(self) -> dict[str, Any]:
        """The columns that change."""
        return {
            "first_ms": self.first_ms,
            "last_ms": self.last_ms,
            "ended_by": self.ended_by,
            "reset_cause": self.reset_cause,
            "received": self.received,
            "duplicates": self.duplicates,
            "refused": self.refused,
            "highest": self.highest,
            "ranges": json.dumps(self.sequence.ranges, separators=(",", ":")),
            "forgotten": self.forgotten,
            "anchor_offset_ms": self.anchor_offset_ms,
            "anchor_error_ms": self.anchor_error_ms,
            "deployment_id": self.deployment,
            "delivered_since_ms": self.delivered_since_ms,
        }


def of_row(row: Any) -> Ledger:
    """From a row of tables.boot."""
    return Ledger(
        row.id, row.node_id, row.boot, row.first_ms, row.last_ms, row.ended_by, row.reset_cause, row.received, row.duplicates,
        row.refused, row.highest, row.forgotten, row.anchor_offset_ms, row.anchor_error_ms,
        Sequence(json.loads(row.ranges), MAX_RANGES), row.hardware, row.deployment_id, row.delivered_since_ms,
    )  # fmt: skip


def follows(new: Ledger, new_start_ms: int, old: Ledger) -> bool:
    """Whether a boot came after another. Of two boards that had the name of the node the later one did. Of one board the counter in the
    boot id decides, without any clock. Only where the counter went back, as after a wiped flash, do the dated times: the new boot then
    follows if it started after all that is known of the old. A counter that is absurdly far ahead of what is known orders nothing: such a
    boot is taken as older than all."""
    if new.hardware != old.hardware:
        return new.hardware > old.hardware
    ahead = counter(new.boot) - counter(old.boot)
    if abs(ahead) > MOST_BOOTS_AHEAD:
        return ahead < 0
    return ahead > 0 or (old.last_ms is not None and new_start_ms > old.last_ms)


def counter(boot: str) -> int:
    return int(boot[:8], 16)


def link(new: Ledger, new_start_ms: int, others: list[Ledger], late: bool = False) -> list[Ledger]:
    """Marks what a boot heard of for the first time ends, and what ended it. Returns the others that changed. late: delivered by a gateway
    that the node has left: it came before all that later gateways delivered of the node, whatever its counter says.

    others: the boots of the node that have not ended, the nearest of the same board on either side by counter, and those that ended these.
    """
    by_name = {old.boot: old for old in others}
    earlier = [old for old in others if follows(new, new_start_ms, old) and not (late and old.deployment > new.deployment)]
    later = [old for old in others if old not in earlier]
    if later:
        new.ended_by = min(later, key=_age).boot
    changed = [old for old in earlier if _is_nearer(new, old, by_name.get(old.ended_by or ""))]
    for old in changed:
        old.ended_by = new.boot
    return changed


def _age(ledger: Ledger) -> tuple[int, int]:
    return ledger.hardware, counter(ledger.boot)


def _is_nearer(new: Ledger, old: Ledger, ender: Ledger | None) -> bool:
    # A boot is ended by the next one; one that arrives late may lie between two that are known.
    return old.ended_by is None or (ender is not None and _age(old) < _age(new) < _age(ender))


def subtract(ranges: list[list[int]], taken: list[list[int]]) -> list[list[int]]:
    """What remains of ranges without those taken; both sorted, disjoint and inclusive."""
    remaining = []
    for first, last in ranges:
        at = first
        for taken_first, taken_last in taken:
            if taken_last < at or taken_first > last:
                continue
            if taken_first > at:
                remaining.append([at, taken_first - 1])
            at = taken_last + 1
        if at <= last:
            remaining.append([at, last])
    return remaining
