"""Commits items: what is acknowledged to nodes afterwards is on the disk, in one transaction with everything that depends on it.

Only the writer thread calls it. Decides nothing about who is acknowledged or what is sent.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.items import BadItem, Row
from gateway.store.counts import count
from gateway.store.database import transaction
from gateway.store.delivery.delivery import Delivery
from gateway.store.items.known_numbers import Accepted, KnownNumbers
from gateway.store.items.rows import insert, newest_id
from gateway.store.site.boot_clocks import BootClocks


@dataclass(frozen=True)
class Committed:
    """What one commit added, by ledger counter; the rows that were not there before; the newest id, theirs or of an earlier item."""

    counts: dict[str, int]
    fresh: Sequence[Row]
    newest_id: int


class Buffer:
    def __init__(self, connection: sqlite3.Connection, clocks: BootClocks, numbers: KnownNumbers, delivery: Delivery) -> None:
        self._connection = connection
        self._clocks = clocks
        self._numbers = numbers
        self._delivery = delivery

    def commit(self, rows: Sequence[Row], bad: Sequence[BadItem], now_ms: int) -> Committed:
        """When it returns, a power cut takes nothing of it away. Raises sqlite3.Error: nothing of it is there."""
        try:
            with transaction(self._connection):
                accepted = self._numbers.accept(rows)
                insert(self._connection, accepted.fresh, accepted.origins)
                counts = self._learn(rows, accepted, bad, now_ms)
                newest = newest_id(self._connection)
                saves = [part for part in (self._delivery, self._numbers) if part.wants_saving(newest)]
                for part in saves:
                    part.save()
        except BaseException:
            self._numbers.rolled_back()
            raise
        self._clocks.saved()
        for part in saves:
            part.saved()
        return Committed(counts, accepted.fresh, newest)

    def _learn(self, rows: Sequence[Row], accepted: Accepted, bad: Sequence[BadItem], now_ms: int) -> dict[str, int]:
        # A replayed item proves nothing about time: only what is new may teach the clocks.
        impossible = self._clocks.learn(accepted.fresh)
        self._clocks.save()
        counts = {
            "items.duplicate": len(rows) - len(accepted.fresh),
            "items.refused": self._set_aside(bad, now_ms),
            "time.impossible": impossible,
            "numbers.forgotten": accepted.forgotten,
        }
        count(self._connection, counts)
        return {"items.stored": len(accepted.fresh)} | counts

    def _set_aside(self, bad: Sequence[BadItem], now_ms: int) -> int:
        new = []
        for item in bad:
            assert item.seq is not None
            if self._delivery.set_aside([(item.node, item.boot, item.seq, item.kind, item.fault, now_ms, item.body)]):
                new.append((item.node, item.boot, item.seq))
        self._delivery.record_gaps(new, "bad_item", now_ms, reported=False)
        return len(new)
