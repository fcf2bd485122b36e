"""What the fleet has yet to commit: read in order, dated, and marked when the fleet has answered for each.

Only the writer thread calls it. What is read, and from which end, is the caller's choice (uplink/uplink.py).
"""

import json
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.intake.items import Row
from gateway.store.arrivals import Arrivals
from gateway.store.boot_clocks import BootClocks
from gateway.store.counts import count
from gateway.store.database import reserve, soft_transaction
from gateway.store.dating import Dated
from gateway.store.in_flight import InFlight
from gateway.store.losses import Gap, record_gaps, set_aside_items, told_gaps, untold_gaps
from gateway.store.schema import LATE_LANE, REPORT_LANE, SUMMARY_LANE, URGENT_LANE
from gateway.store.track import Track

_EXTRAS = 100
_COLUMNS = "id, node, boot, seq, kind, arrived_ms, uptime_ms, duration_ms, utc_ms, utc_error_ms, body"


class Part(NamedTuple):
    """A stretch of a lane, by id; both ends of it are optional."""

    lane: int
    after_id: int = 0
    up_to_id: int = sys.maxsize
    newest_first: bool = False


IN_ORDER = (Part(URGENT_LANE), Part(REPORT_LANE), Part(SUMMARY_LANE), Part(LATE_LANE))


@dataclass(frozen=True)
class Waiting:
    id: int
    row: Row
    dated: Dated
    # contract.positions, of a mobile site.
    position: dict[str, Any] | None = None


@dataclass(frozen=True)
class Batch:
    """`anchors`: (node, boot, offset_ms, error_ms). `gaps`: losses.Gap. Both are repeated until the fleet has answered."""

    items: list[Waiting]
    anchors: list[tuple[str, str, int, int]]
    gaps: list[Gap]

    @property
    def empty(self) -> bool:
        return not (self.items or self.anchors or self.gaps)


@dataclass(frozen=True)
class Verdict:
    """The fleet's answer for one item: status accepted, duplicate or refused, the last with a reason."""

    status: str
    reason: str = ""


class Outbox:
    def __init__(self, connection: sqlite3.Connection, clocks: BootClocks, arrivals: Arrivals, track: Track, in_flight: InFlight) -> None:
        self._connection = connection
        self._clocks = clocks
        self._arrivals = arrivals
        self._track = track
        self._in_flight = in_flight
        self._limit_pages: int = connection.execute("PRAGMA max_page_count").fetchone()[0]

    def newest_id(self) -> int:
        newest: int = self._connection.execute("SELECT ifnull(max(id), 0) FROM items").fetchone()[0]
        return newest

    def next_batch(self, most_items: int, most_bytes: int, *, extras: bool, parts: Sequence[Part] = IN_ORDER) -> Batch:
        """One part after the other, each in order of arrival. At least one item when any waits, however long it is.

        Without `extras` only items: to find the one that is at fault.
        """
        items: list[Waiting] = []
        for part in parts:
            found = self._read(part, most_items - len(items), most_bytes - sum(len(item.row.body) for item in items), not items)
            items += reversed(found) if part.newest_first else found
        return self._with_extras(items, extras)

    def _read(self, part: Part, most_items: int, most_bytes: int, at_least_one: bool) -> list[Waiting]:
        order = "DESC" if part.newest_first else "ASC"
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM items WHERE sent_ms IS NULL AND lane = ? AND id > ? AND id <= ? ORDER BY id {order} LIMIT ?",
            (part.lane, part.after_id, part.up_to_id, most_items),
        ).fetchall()
        items: list[Waiting] = []
        for id_, *values in rows:
            row = Row(*values)
            most_bytes -= len(row.body)
            if most_bytes < 0 and (items or not at_least_one):
                break
            dated = self._clocks.date(row, unsure=self._arrivals.is_unsure(id_))
            items.append(Waiting(id_, row, dated, self._track.position(dated, row.duration_ms)))
        return items

    def settle(self, batch: Batch, verdicts: list[Verdict], *, gaps_taken: bool, now_ms: int) -> dict[str, int]:
        """One transaction for the whole answer. Returns what it added, by ledger counter.

        Soft: what is sent once more after a power cut the fleet has already.
        """
        refused = [(item, v.reason) for item, v in zip(batch.items, verdicts, strict=True) if v.status == "refused"]
        counts = {
            "items.forwarded": sum(v.status == "accepted" for v in verdicts),
            "items.duplicate_at_fleet": sum(v.status == "duplicate" for v in verdicts),
            "items.refused_by_fleet": len(refused),
        }
        with reserve(self._connection, self._limit_pages), soft_transaction(self._connection):
            self._mark_sent([i.id for i, v in zip(batch.items, verdicts, strict=True) if v.status != "refused"], now_ms)
            self._set_aside(refused, now_ms)
            self._clocks.told(batch.anchors)
            if gaps_taken:
                told_gaps(self._connection, batch.gaps)
            count(self._connection, counts)
        self._in_flight.settled(item.id for item in batch.items)
        return counts

    def _with_extras(self, items: list[Waiting], extras: bool) -> Batch:
        self._in_flight.handed_out(item.id for item in items)
        if not extras:
            return Batch(items, [], [])
        return Batch(items, self._clocks.untold_anchors(_EXTRAS), untold_gaps(self._connection, _EXTRAS))

    def _mark_sent(self, ids: list[int], now_ms: int) -> None:
        self._connection.execute("UPDATE items SET sent_ms = ? WHERE id IN (SELECT value FROM json_each(?))", (now_ms, json.dumps(ids)))

    def _set_aside(self, refused: list[tuple[Waiting, str]], now_ms: int) -> None:
        rows = [item.row for item, _ in refused]
        set_aside_items(
            self._connection, [(r.node, r.boot, r.seq, r.kind, reason, now_ms, r.body) for r, (_, reason) in zip(rows, refused)]
        )
        record_gaps(self._connection, [(r.node, r.boot, r.seq) for r in rows], "refused_by_fleet", now_ms, told=True)
        ids = json.dumps([item.id for item, _ in refused])
        self._connection.execute(
            "DELETE FROM items WHERE id IN (SELECT value FROM json_each(?)) AND id < (SELECT max(id) FROM items)", (ids,)
        )
        # The newest item stays until there is a newer one: no id is ever used twice (evaluation_records.py).
        self._connection.execute("UPDATE items SET sent_ms = 0 WHERE id IN (SELECT value FROM json_each(?))", (ids,))
