"""The rows of items: put in at the end, never in between, and taken out. An item's id is the order of its arrival; none is used twice."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from contract.messages import REPORT
from gateway.items import Row
from gateway.store.lanes import LANES, LATE_LANE, REPORT_LANE, URGENT_LANE
from gateway.store.packing import packed

_LATE_MS = 60_000  # after the end of its period: a node sends a new one at once, and again a few seconds later
# So few are packed: in a crowd time is dear, and the pages of a commit are full anyway.
_FEW = 32
_COLUMNS = "origin, seq, kind, arrived_ms, uptime_ms, duration_ms, utc_ms, utc_error_ms, body, lane"
_ONE = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
# One statement carries many rows: SQLite then runs without Python's lock for all of them at once, and the event loop goes on.
_ROWS_PER_STATEMENT = 64
_INSERT_ONE = f"INSERT INTO stored ({_COLUMNS}) VALUES {_ONE}"
_INSERT_MANY = f"INSERT INTO stored ({_COLUMNS}) VALUES {', '.join([_ONE] * _ROWS_PER_STATEMENT)}"


def newest_id(connection: sqlite3.Connection) -> int:
    """0 before there was any."""
    newest: int = connection.execute("SELECT ifnull(max(id), 0) FROM stored").fetchone()[0]
    return newest


def insert(connection: sqlite3.Connection, rows: Sequence[Row], origins: Sequence[int], lane: int | None = None) -> None:
    """Inside the caller's transaction. `origins`: of each row (known_numbers.py). `lane`: another than the one of their kind."""
    few = len(rows) <= _FEW
    values = [
        (
            origin, row.seq, None if row.kind == REPORT else row.kind, row.arrived_ms, row.uptime_ms, row.duration_ms, row.utc_ms,
            row.utc_error_ms, packed(row.body) if few else row.body, _lane(row) if lane is None else lane,
        )
        for row, origin in zip(rows, origins, strict=True)
    ]  # fmt: skip
    whole = len(rows) - len(rows) % _ROWS_PER_STATEMENT
    for start in range(0, whole, _ROWS_PER_STATEMENT):
        connection.execute(_INSERT_MANY, list(chain.from_iterable(values[start : start + _ROWS_PER_STATEMENT])))
    connection.executemany(_INSERT_ONE, values[whole:])


def delete(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Inside the caller's transaction, when their numbers are covered (known_numbers). The newest item stays: no id is ever used twice."""
    listed = list(ids)
    forget_waiting(connection, listed)
    connection.execute(
        "DELETE FROM stored WHERE id IN (SELECT value FROM json_each(?)) AND id < (SELECT max(id) FROM stored)", (json.dumps(listed),)
    )


def forget_waiting(connection: sqlite3.Connection, ids: Collection[int]) -> None:
    """They no longer wait for the fleet."""
    if ids:
        query = f"DELETE FROM waiting WHERE lane IN {LANES} AND id IN (SELECT value FROM json_each(?))"
        connection.execute(query, (json.dumps(list(ids)),))


def _lane(row: Row) -> int:
    if row.kind != REPORT:
        return URGENT_LANE
    late = row.utc_ms is not None and row.arrived_ms - row.utc_ms - row.duration_ms > _LATE_MS
    return LATE_LANE if late else REPORT_LANE
