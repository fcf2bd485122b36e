"""Keeps the buffer, its log and the files set aside within the budget. What goes first: sent items, files set aside, minutes, hours.

Reports are never just dropped: they become summaries (thinning.py), and summaries longer ones. Events, hellos and answers of nodes are
never touched: when only they are left, the buffer is full, and commits fail until some are sent. Only the writer thread calls it.
"""

import sqlite3
from collections import Counter
from pathlib import Path

from gateway.store.counts import count
from gateway.store.database import soft_transaction, used_bytes
from gateway.store.set_aside import delete_oldest_aside
from gateway.store.thinning import Thinning

_STEP_ROWS = 1000
_SUMMARY_BYTES = 800  # of a usual one, with its share of the indexes


class Eviction:
    def __init__(self, connection: sqlite3.Connection, path: Path, budget_bytes: int, thinning: Thinning) -> None:
        self._connection = connection
        self._path = path
        self.thinning = thinning
        # The hard limit is the file's max_page_count (database.py): 7/8 of the budget, the rest for the log.
        self._full_bytes = budget_bytes * 3 // 4
        self._enough_bytes = budget_bytes * 5 // 8
        self._pressed = False

    def make_room(self, now_ms: int) -> dict[str, int]:
        """What was deleted and stored for it, by counter; nothing while the buffer is within its budget.

        At once what must be; the rest down to `enough` a step for each call, so that nobody waits for all of it.
        """
        made: Counter[str] = Counter()
        used = self._used()
        self._pressed = self._pressed or used >= self._full_bytes
        while self._pressed:
            step = self._step(now_ms)
            made.update(step)
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            used = self._used()
            self._pressed = used > self._enough_bytes and bool(step)
            if used < self._full_bytes:
                break
        return dict(made)

    def expire(self, before_ms: int) -> int:
        """Deletes at most a thousand sent items, the oldest first. Returns how many."""
        with soft_transaction(self._connection):
            cursor = self._connection.execute(
                "DELETE FROM items WHERE id IN (SELECT id FROM items WHERE sent_ms IS NOT NULL AND sent_ms < ? ORDER BY sent_ms LIMIT ?) "
                "AND id < (SELECT max(id) FROM items)",  # no id is ever used twice (evaluation_records.py)
                (before_ms, _STEP_ROWS),
            )
            count(self._connection, {"items.expired": cursor.rowcount})
        return cursor.rowcount

    def _used(self) -> int:
        return used_bytes(self._connection, self._path)

    def _step(self, now_ms: int) -> dict[str, int]:
        """The first of these that makes room."""
        if expired := self.expire(before_ms=1 << 62):
            return {"items.expired": expired}
        if delete_oldest_aside(self._path):
            return {"store.aside_deleted": 1}
        thinning = self.thinning
        steps = [thinning.thin_reports, thinning.merge_summaries, thinning.drop_summaries]
        if thinning.summaries_waiting() * _SUMMARY_BYTES > self._enough_bytes // 2:
            steps = [thinning.merge_summaries, thinning.thin_reports, thinning.drop_summaries]
        for step in steps:
            if made := step(now_ms):
                return made
        return {}
