"""Items that nodes were or will be told are safe: committed here, in one transaction with everything that depends on them.

Only the writer thread calls it. Decides nothing about who is acknowledged or what is sent.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from contract.messages import REPORT
from gateway.intake.items import BadItem, Row
from gateway.store.boot_clocks import BootClocks
from gateway.store.counts import count
from gateway.store.database import transaction
from gateway.store.losses import record_gaps, set_aside_items
from gateway.store.schema import LATE_LANE, REPORT_LANE, URGENT_LANE

_COLUMNS = "node, boot, seq, kind, arrived_ms, uptime_ms, duration_ms, utc_ms, utc_error_ms, body, lane"
_LATE_MS = 60_000  # after the end of its period: a node sends a new one at once, and again a few seconds later
_ONE = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
# One statement carries many rows: SQLite then runs without Python's lock for all of them at once, and the event loop goes on.
_ROWS_PER_STATEMENT = 64
_INSERT_ONE = f"INSERT INTO items ({_COLUMNS}) VALUES {_ONE} ON CONFLICT (node, boot, seq) DO NOTHING"
_INSERT_MANY = f"INSERT INTO items ({_COLUMNS}) VALUES {', '.join([_ONE] * _ROWS_PER_STATEMENT)} ON CONFLICT (node, boot, seq) DO NOTHING"


@dataclass(frozen=True)
class Committed:
    """What one commit added, by ledger counter; the rows that were not there before; the newest id, theirs or of an earlier item."""

    counts: dict[str, int]
    fresh: Sequence[Row]
    newest_id: int


class Buffer:
    def __init__(self, connection: sqlite3.Connection, clocks: BootClocks) -> None:
        self._connection = connection
        self._clocks = clocks

    def commit(self, rows: Sequence[Row], bad: Sequence[BadItem], now_ms: int) -> Committed:
        """When it returns, a power cut takes nothing of it away. Raises sqlite3.Error: nothing of it is there."""
        with transaction(self._connection):
            newest = self._newest_id()
            stored = insert(self._connection, rows)
            fresh = rows if stored == len(rows) else self._fresh(rows, newest)
            impossible = self._clocks.learn(fresh)
            newest_id = self._newest_id()
            self._clocks.save()
            refused = self._set_aside(bad, now_ms)
            counts = {
                "items.stored": stored,
                "items.duplicate": len(rows) - stored,
                "items.refused": refused,
                "time.impossible": impossible,
            }
            count(self._connection, counts)
        self._clocks.saved()
        return Committed(counts, fresh, newest_id)

    def _newest_id(self) -> int:
        newest: int = self._connection.execute("SELECT ifnull(max(id), 0) FROM items").fetchone()[0]
        return newest

    def _fresh(self, rows: Sequence[Row], newest: int) -> list[Row]:
        # A replayed item proves nothing about time: only what is new may teach the clocks.
        added = set(self._connection.execute("SELECT node, boot, seq FROM items WHERE id > ?", (newest,)))
        return [row for row in rows if (row.node, row.boot, row.seq) in added]

    def _set_aside(self, bad: Sequence[BadItem], now_ms: int) -> int:
        new = []
        for item in bad:
            assert item.seq is not None
            if set_aside_items(self._connection, [(item.node, item.boot, item.seq, item.kind, item.fault, now_ms, item.body)]):
                new.append((item.node, item.boot, item.seq))
        record_gaps(self._connection, new, "bad_item", now_ms, told=False)
        return len(new)


def insert(connection: sqlite3.Connection, rows: Sequence[Row], lane: int | None = None) -> int:
    """Inside the caller's transaction. Returns how many were not there yet. `lane`: another than the one of their kind."""
    before = connection.total_changes
    whole = len(rows) - len(rows) % _ROWS_PER_STATEMENT
    for start in range(0, whole, _ROWS_PER_STATEMENT):
        values: list[object] = []
        for row in rows[start : start + _ROWS_PER_STATEMENT]:
            values += _values(row, lane)
        connection.execute(_INSERT_MANY, values)
    connection.executemany(_INSERT_ONE, (_values(row, lane) for row in rows[whole:]))
    return connection.total_changes - before


def _lane(row: Row) -> int:
    if row.kind != REPORT:
        return URGENT_LANE
    late = row.utc_ms is not None and row.arrived_ms - row.utc_ms - row.duration_ms > _LATE_MS
    return LATE_LANE if late else REPORT_LANE


def _values(row: Row, lane: int | None) -> tuple[object, ...]:
    if lane is None:
        lane = _lane(row)
    return (
        row.node, row.boot, row.seq, row.kind, row.arrived_ms, row.uptime_ms, row.duration_ms, row.utc_ms, row.utc_error_ms, row.body, lane,
    )  # fmt: skip
