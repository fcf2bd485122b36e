"""Which stretches of items have been handed out for the fleet, so that a start knows of those whose answer may have been lost with a kill.

These must not be thinned: the fleet may have them, and would count them twice. A stretch is recorded once, before the first of it leaves,
and forgotten when none of it waits any more, or when only such items are left and the buffer is full. A disk that takes no writes keeps
nothing from leaving: what is not recorded for that reason may count twice after a kill. Only the writer thread calls it.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import suppress

from gateway.store.database import Reserve, soft_transaction, transaction
from gateway.store.items.rows import newest_id
from gateway.store.lanes import LANES

STRETCH = 4096  # items; a write to the disk for each


class SentStretches:
    def __init__(self, connection: sqlite3.Connection, reserve: Reserve) -> None:
        self._connection = connection
        self._reserve = reserve
        self._recorded = {stretch for (stretch,) in connection.execute("SELECT stretch FROM handed")}
        self._earlier = set(self._recorded)
        self._last_earlier_id = newest_id(connection)

    def __contains__(self, id_: int) -> bool:
        """Whether an earlier process may have sent it."""
        return id_ <= self._last_earlier_id and id_ // STRETCH in self._earlier

    def end_of(self, id_: int) -> int:
        """The last id of the stretch of one that an earlier process may have sent."""
        return min((id_ // STRETCH + 1) * STRETCH - 1, self._last_earlier_id)

    def forget_oldest_earlier(self) -> bool:
        """One stretch, when its room is needed: better some of it counts twice than new items are lost. False when none is left."""
        if not self._earlier:
            return False
        self._earlier.remove(min(self._earlier))
        return True

    def record(self, ids: Iterable[int]) -> None:
        """Before they leave. When it returns, a power cut does not take it away, if the disk lets itself be written."""
        new = {id_ // STRETCH for id_ in ids} - self._recorded
        if new:
            with suppress(sqlite3.OperationalError):
                with self._reserve.opened(), transaction(self._connection):
                    self._connection.executemany("INSERT INTO handed (stretch) VALUES (?)", [(stretch,) for stretch in new])
                self._recorded |= new

    def prune(self) -> None:
        """Stretches of which nothing waits any more, but not the one that still grows: it would be recorded again at once."""
        growing = newest_id(self._connection) // STRETCH
        over = {stretch for stretch in self._recorded if stretch < growing and not self._waits(stretch)}
        if over:
            with soft_transaction(self._connection):
                self._connection.executemany("DELETE FROM handed WHERE stretch = ?", [(stretch,) for stretch in over])
            self._recorded -= over
            self._earlier -= over

    def _waits(self, stretch: int) -> bool:
        first = stretch * STRETCH
        query = "SELECT 1 FROM unsent WHERE lane = ? AND id >= ? AND id < ? LIMIT 1"
        return any(self._connection.execute(query, (lane, first, first + STRETCH)).fetchone() for lane in LANES)
