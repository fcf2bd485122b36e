"""Items that nodes were or will be told are safe: committed here, in one transaction with everything that depends on them.

Only the writer thread calls it. Decides nothing about who is acknowledged or what is sent.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.items import BadItem, Row
from gateway.store.counts import count
from gateway.store.database import transaction
from gateway.store.delivery.acknowledged import Acknowledged
from gateway.store.delivery.losses import record_gaps, set_aside_items
from gateway.store.items.boot_index import BootIndex, Taken
from gateway.store.items.rows import insert, newest_id
from gateway.store.site.boot_clocks import BootClocks


@dataclass(frozen=True)
class Committed:
    """What one commit added, by ledger counter; the rows that were not there before; the newest id, theirs or of an earlier item."""

    counts: dict[str, int]
    fresh: Sequence[Row]
    newest_id: int


class Buffer:
    def __init__(self, connection: sqlite3.Connection, clocks: BootClocks, origins: BootIndex, settled: Acknowledged) -> None:
        self._connection = connection
        self._clocks = clocks
        self._origins = origins
        self._settled = settled

    def commit(self, rows: Sequence[Row], bad: Sequence[BadItem], now_ms: int) -> Committed:
        """When it returns, a power cut takes nothing of it away. Raises sqlite3.Error: nothing of it is there."""
        try:
            with transaction(self._connection):
                taken = self._origins.take(rows)
                insert(self._connection, taken.fresh, taken.origins)
                counts = self._learn(rows, taken, bad, now_ms)
                newest = newest_id(self._connection)
                saves = [part for part in (self._settled, self._origins) if part.wants_saving(newest)]
                for part in saves:
                    part.save()
        except BaseException:
            self._origins.rolled_back()
            raise
        self._clocks.saved()
        for part in saves:
            part.saved()
        return Committed(counts, taken.fresh, newest)

    def _learn(self, rows: Sequence[Row], taken: Taken, bad: Sequence[BadItem], now_ms: int) -> dict[str, int]:
        # A replayed item proves nothing about time: only what is new may teach the clocks.
        impossible = self._clocks.learn(taken.fresh)
        self._clocks.save()
        counts = {
            "items.duplicate": len(rows) - len(taken.fresh),
            "items.refused": self._set_aside(bad, now_ms),
            "time.impossible": impossible,
            "numbers.forgotten": taken.forgotten,
        }
        count(self._connection, counts)
        return {"items.stored": len(taken.fresh)} | counts

    def _set_aside(self, bad: Sequence[BadItem], now_ms: int) -> int:
        new = []
        for item in bad:
            assert item.seq is not None
            if set_aside_items(self._connection, [(item.node, item.boot, item.seq, item.kind, item.fault, now_ms, item.body)]):
                new.append((item.node, item.boot, item.seq))
        record_gaps(self._connection, new, "bad_item", now_ms, told=False)
        return len(new)
