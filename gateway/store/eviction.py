"""Keeps the buffer within its budget: sent items go first, then the oldest unsent reports, whose loss is recorded as gaps.

Events, hellos and answers of nodes are never dropped: when only they are left, the buffer is full, and commits fail until
some are sent. Only the writer thread calls it.
"""

import json
import sqlite3
from pathlib import Path

from gateway.store.counts import count
from gateway.store.database import transaction, used_bytes
from gateway.store.losses import record_gaps
from gateway.store.schema import REPORT_LANE

_STEP_ROWS = 1000


class Eviction:
    def __init__(self, connection: sqlite3.Connection, path: Path, budget_bytes: int) -> None:
        self._connection = connection
        self._path = path
        # The hard limit is the file's max_page_count (database.py): 7/8 of the budget, the rest for the log.
        self._full_bytes = budget_bytes * 3 // 4
        self._enough_bytes = budget_bytes * 5 // 8

    def make_room(self, now_ms: int) -> dict[str, int]:
        """What was deleted, by ledger counter; nothing while the buffer is within its budget."""
        counts = {"items.expired": 0, "items.dropped": 0}
        if used_bytes(self._connection, self._path) < self._full_bytes:
            return counts
        while used_bytes(self._connection, self._path) > self._enough_bytes:
            expired = self.expire(before_ms=1 << 62)
            dropped = 0 if expired else self._drop_reports(now_ms)
            counts["items.expired"] += expired
            counts["items.dropped"] += dropped
            if not expired and not dropped:
                break
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return counts

    def expire(self, before_ms: int) -> int:
        """Deletes at most a thousand sent items, the oldest first. Returns how many."""
        with transaction(self._connection):
            cursor = self._connection.execute(
                "DELETE FROM items WHERE id IN (SELECT id FROM items WHERE sent_ms IS NOT NULL AND sent_ms < ? ORDER BY sent_ms LIMIT ?) "
                "AND id < (SELECT max(id) FROM items)",  # no id is ever used twice (evaluation_records.py)
                (before_ms, _STEP_ROWS),
            )
            count(self._connection, {"items.expired": cursor.rowcount})
        return cursor.rowcount

    def _drop_reports(self, now_ms: int) -> int:
        found = self._connection.execute(
            "SELECT id, node, boot, seq FROM items WHERE sent_ms IS NULL AND lane = ? ORDER BY id LIMIT ?", (REPORT_LANE, _STEP_ROWS)
        ).fetchall()
        with transaction(self._connection):
            self._connection.execute(
                "DELETE FROM items WHERE id IN (SELECT value FROM json_each(?))", (json.dumps([row[0] for row in found]),)
            )
            record_gaps(self._connection, [row[1:] for row in found], "buffer_full", now_ms, told=False)
            count(self._connection, {"items.dropped": len(found)})
        return len(found)
