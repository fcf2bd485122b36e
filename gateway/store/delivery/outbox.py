"""What the fleet has yet to commit: read in order, dated, and marked when the fleet has answered for each.

Only the writer thread calls it. What is read, and from which end, is the caller's choice (uplink/uplink.py).
"""

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from contract.messages import REPORT
from gateway.items import Row
from gateway.store.database import reserve, soft_transaction
from gateway.store.delivery.acknowledged import Acknowledged
from gateway.store.delivery.in_flight import InFlight
from gateway.store.delivery.losses import Gap, record_gaps, set_aside_items, told_gaps, untold_gaps
from gateway.store.delivery.sent_stretches import SentStretches
from gateway.store.items.boot_index import BootIndex
from gateway.store.items.rows import delete, newest_id
from gateway.store.lanes import LATE_LANE, REPORT_LANE, SUMMARY_LANE, URGENT_LANE
from gateway.store.site.arrivals import Arrivals
from gateway.store.site.boot_clocks import BootClocks
from gateway.store.site.dating import Dated
from gateway.store.site.track import Track

_EXTRAS = 100
_COLUMNS = "items.id, node, boot, seq, kind, arrived_ms, uptime_ms, duration_ms, utc_ms, utc_error_ms, body"
_TOLD = f"""
    SELECT {_COLUMNS} FROM waiting CROSS JOIN items ON items.id = waiting.id
    WHERE waiting.lane = ? AND waiting.id > ? AND waiting.id <= ? ORDER BY waiting.id """
_NEWER = f"SELECT {_COLUMNS} FROM items WHERE lane = ? AND items.id > ? AND items.id <= ? ORDER BY items.id "


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
    # contract.site.positions, of a mobile site.
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
    def __init__(
        self,
        connection: sqlite3.Connection,
        clocks: BootClocks,
        arrivals: Arrivals,
        track: Track,
        in_flight: InFlight,
        handed: SentStretches,
        origins: BootIndex,
        settled: Acknowledged,
    ) -> None:
        self._connection = connection
        self._clocks = clocks
        self._arrivals = arrivals
        self._track = track
        self._in_flight = in_flight
        self._handed = handed
        self._origins = origins
        self._settled = settled
        self._limit_pages: int = connection.execute("PRAGMA max_page_count").fetchone()[0]

    def newest_id(self) -> int:
        return newest_id(self._connection)

    def next_batch(self, most_items: int, most_bytes: int, *, extras: bool, parts: Sequence[Part] = IN_ORDER) -> Batch:
        """One part after the other, each in order of arrival. At least one item when any waits, however long it is.

        Without `extras` only items: to find the one that is at fault.
        """
        items: list[Waiting] = []
        for part in parts:
            found = self._read(part, most_items - len(items), most_bytes - sum(len(item.row.body) for item in items), not items)
            items += reversed(found) if part.newest_first else found
            if part.lane != URGENT_LANE:  # nobody ever thins these
                self._handed.note(item.id for item in found)
        return self._with_extras(items, extras)

    def _read(self, part: Part, most_items: int, most_bytes: int, at_least_one: bool) -> list[Waiting]:
        items: list[Waiting] = []
        for id_, *values in islice(self._waiting(part, most_items), most_items):
            row = Row(*values)
            most_bytes -= len(row.body)
            if most_bytes < 0 and (items or not at_least_one):
                break
            dated = self._clocks.date(row, unsure=self._arrivals.is_unsure(id_))
            items.append(Waiting(id_, row, dated, self._track.position(dated, row.duration_ms)))
        return items

    def _waiting(self, part: Part, most_items: int) -> Iterator[tuple[Any, ...]]:
        told_id, floor = self._settled.told_id, self._settled.floor
        queries = [(_TOLD, part.after_id, min(part.up_to_id, told_id)), (_NEWER, max(part.after_id, floor), part.up_to_id)]
        order, most = " ASC LIMIT ?", most_items + self._settled.scattered
        if part.newest_first:
            order = " DESC LIMIT ?"
            queries.reverse()
        for query, after_id, up_to_id in queries:
            found = self._connection.execute(query + order, (part.lane, after_id, up_to_id, most)).fetchall() if after_id < up_to_id else []
            yield from (row for row in found if row[0] not in self._settled)

    def settle(self, batch: Batch, verdicts: list[Verdict], *, gaps_taken: bool, now_ms: int) -> dict[str, int]:
        """Returns what it added, by ledger counter.

        That the fleet has reports is only noted: it is saved for many at once (settled.py). Anything else is one transaction for the
        whole answer. Soft: what is sent once more after a power cut the fleet has already.
        """
        refused = [(item, v.reason) for item, v in zip(batch.items, verdicts, strict=True) if v.status == "refused"]
        counts = {
            "items.forwarded": sum(v.status == "accepted" for v in verdicts),
            "items.duplicate_at_fleet": sum(v.status == "duplicate" for v in verdicts),
            "items.refused_by_fleet": len(refused),
        }
        ids = [item.id for item in batch.items]
        if refused or batch.anchors or (gaps_taken and batch.gaps) or any(item.row.kind != REPORT for item in batch.items):
            if refused:
                self._origins.cover(max(ids))
            with reserve(self._connection, self._limit_pages), soft_transaction(self._connection):
                self._settled.save(ids, counts)
                self._set_aside(refused, now_ms)
                self._clocks.told(batch.anchors)
                if gaps_taken:
                    told_gaps(self._connection, batch.gaps)
            self._settled.saved()
        else:
            self._settled.add(ids, counts)
            if self._settled.is_full:
                self._settled.save_now()
        self._in_flight.settled(ids)
        return counts

    def _with_extras(self, items: list[Waiting], extras: bool) -> Batch:
        self._in_flight.handed_out(item.id for item in items)
        if not extras:
            return Batch(items, [], [])
        return Batch(items, self._clocks.untold_anchors(_EXTRAS), untold_gaps(self._connection, _EXTRAS))

    def _set_aside(self, refused: list[tuple[Waiting, str]], now_ms: int) -> None:
        rows = [item.row for item, _ in refused]
        set_aside_items(
            self._connection, [(r.node, r.boot, r.seq, r.kind, reason, now_ms, r.body) for r, (_, reason) in zip(rows, refused)]
        )
        record_gaps(self._connection, [(r.node, r.boot, r.seq) for r in rows], "refused_by_fleet", now_ms, told=True)
        delete(self._connection, [item.id for item, _ in refused])
