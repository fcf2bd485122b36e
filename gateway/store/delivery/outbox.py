"""What the fleet has yet to commit: read in order, dated, and marked when the fleet has answered for each.

Only the writer thread calls it. What is read, and from which end, is the caller's choice (uplink/uplink.py).
"""

import sqlite3
from collections.abc import Sequence
from itertools import islice

from contract.messages import REPORT
from contract.site import device_api
from gateway.items import Row
from gateway.store.delivery.batch import Batch, BatchItem, Verdict
from gateway.store.delivery.delivery import IN_ORDER, Delivery, LanePart
from gateway.store.items.known_numbers import KnownNumbers
from gateway.store.items.rows import delete, newest_id
from gateway.store.site.boot_clocks import BootClocks
from gateway.store.site.item_dates import ItemDates
from gateway.store.site.track import Track

_EXTRAS = 100


class Outbox:
    def __init__(
        self, connection: sqlite3.Connection, clocks: BootClocks, dates: ItemDates, track: Track, numbers: KnownNumbers, delivery: Delivery
    ) -> None:
        self._connection = connection
        self._clocks = clocks
        self._dates = dates
        self._track = track
        self._numbers = numbers
        self._delivery = delivery

    def newest_id(self) -> int:
        return newest_id(self._connection)

    def next_batch(self, most_items: int, most_bytes: int, *, extras: bool, parts: Sequence[LanePart] = IN_ORDER) -> Batch:
        """One part after the other, each in order of arrival. At least one item when any waits, however long it is.

        Without `extras` only items: to find the one that is at fault.
        """
        items: list[BatchItem] = []
        for part in parts:
            found = self._read(part, most_items - len(items), most_bytes - sum(len(item.row.body) for item in items), not items)
            items += reversed(found) if part.newest_first else found
            self._delivery.hand_out(part.lane, [item.id for item in found])
        return self._with_extras(items, extras)

    def _read(self, part: LanePart, most_items: int, most_bytes: int, at_least_one: bool) -> list[BatchItem]:
        items: list[BatchItem] = []
        for id_, *values in islice(self._delivery.waiting(part, most_items), most_items):
            row = Row(*values)
            most_bytes -= len(row.body)
            if most_bytes < 0 and (items or not at_least_one):
                break
            dated = self._dates.date(id_, row)
            items.append(BatchItem(id_, row, dated, self._track.position(dated, row.duration_ms)))
        return items

    def settle(self, batch: Batch, verdicts: list[Verdict], *, gaps_taken: bool, now_ms: int) -> dict[str, int]:
        """Returns what it added, by ledger counter.

        That the fleet has reports is saved for many at once (acknowledged.py). Anything else is one transaction for the whole answer.
        Soft: what is sent once more after a power cut the fleet recognises.
        """
        refused = [(item, v.reason) for item, v in zip(batch.items, verdicts, strict=True) if v.status == device_api.REFUSED]
        counts = {
            "items.forwarded": sum(v.status == device_api.ACCEPTED for v in verdicts),
            "items.duplicate_at_fleet": sum(v.status == device_api.DUPLICATE for v in verdicts),
            "items.refused_by_fleet": len(refused),
        }
        ids = [item.id for item in batch.items]
        if refused or batch.anchors or (gaps_taken and batch.gaps) or any(item.row.kind != REPORT for item in batch.items):
            if refused:
                self._numbers.cover(max(ids))
            with self._delivery.acknowledging(ids, counts):
                self._set_aside(refused, now_ms)
                self._clocks.anchors_reported(batch.anchors)
                if gaps_taken:
                    self._delivery.gaps_reported(batch.gaps)
        else:
            self._delivery.acknowledge(ids, counts)
        return counts

    def _with_extras(self, items: list[BatchItem], extras: bool) -> Batch:
        if not extras:
            return Batch(items, [], [])
        return Batch(items, self._clocks.unreported_anchors(_EXTRAS), self._delivery.unreported_gaps(_EXTRAS))

    def _set_aside(self, refused: list[tuple[BatchItem, str]], now_ms: int) -> None:
        rows = [item.row for item, _ in refused]
        self._delivery.set_aside([(r.node, r.boot, r.seq, r.kind, reason, now_ms, r.body) for r, (_, reason) in zip(rows, refused)])
        self._delivery.record_gaps([(r.node, r.boot, r.seq) for r in rows], "refused_by_fleet", now_ms, reported=True)
        delete(self._connection, [item.id for item, _ in refused])
