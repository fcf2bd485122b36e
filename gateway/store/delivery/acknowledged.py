"""Which items the fleet has, ahead of the tables: marks are saved for many at once, with the next arrivals (ADR 0017).

A kill undoes what is not saved yet: those items are sent once more, and the fleet recognises them. Only the writer thread calls it.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping

from gateway.store.counts import count
from gateway.store.database import Reserve, soft_transaction
from gateway.store.items.rows import forget_waiting, newest_id

_MOST_NEWER = 1000
_MOST_IDS = 500


class Acknowledged:
    """Contains an item that the fleet has. What waits stands in `waiting` up to the item `tabled_id`; every newer item waits too."""

    def __init__(self, connection: sqlite3.Connection, reserve: Reserve) -> None:
        self._connection = connection
        self._reserve = reserve
        self._ids: set[int] = set()
        self._counts: Counter[str] = Counter()
        self._is_due = False
        self.times_taken_out = 0  # how often a saving took items out of `waiting`
        self._takes_out = False
        self._reload()

    def __contains__(self, id_: int) -> bool:
        return id_ in self._ids or self.tabled_id < id_ <= self.floor

    @property
    def counts(self) -> Mapping[str, int]:
        """By ledger counter: what the table of counters does not have yet."""
        return self._counts

    def add(self, ids: Iterable[int], counts: Mapping[str, int]) -> None:
        """The fleet has them."""
        self._ids.update(ids)
        self._counts.update(counts)
        while self.floor + 1 in self._ids:
            self.floor += 1
            self._ids.remove(self.floor)

    @property
    def scattered(self) -> int:
        """How many that it has may stand among those that wait."""
        return len(self._ids)

    @property
    def is_full(self) -> bool:
        return len(self._ids) >= _MOST_IDS

    def wants_saving(self, newest_id: int) -> bool:
        return newest_id - self.tabled_id >= _MOST_NEWER or self._is_due

    def save(self, more: Iterable[int] = (), counts: Mapping[str, int] | None = None) -> None:
        """Inside the caller's transaction; `saved` after it has been committed. `more`, `counts`: of the same transaction."""
        newest = newest_id(self._connection)
        ids = self._ids.union(more)
        self._takes_out = bool(ids) or self.floor > self.tabled_id
        self._connection.execute("INSERT INTO waiting SELECT lane, id FROM stored WHERE id > ?", (self.floor,))
        forget_waiting(self._connection, ids)
        self._connection.execute("UPDATE reached SET waiting_id = ?", (newest,))
        count(self._connection, {"items.stored": newest - self.tabled_id} | self._counts)
        count(self._connection, counts or {})

    def saved(self) -> None:
        self._ids.clear()
        self._counts.clear()
        self._is_due = False
        self.times_taken_out += self._takes_out
        self._reload()

    def save_now(self) -> None:
        """In a soft transaction of its own, also when the file is full. Nothing to save costs nothing."""
        if self._ids or self._counts or newest_id(self._connection) != self.tabled_id:
            with self._reserve.opened(), soft_transaction(self._connection):
                self.save()
            self.saved()

    def becomes_due(self) -> None:
        """To be called now and then: marks are saved with the next arrivals, or now when none came since the last call."""
        if self._is_due:
            self.save_now()
        self._is_due = bool(self._ids or self._counts)

    def _reload(self) -> None:
        self.tabled_id: int = self._connection.execute("SELECT waiting_id FROM reached").fetchone()[0]
        self.floor = self.tabled_id
