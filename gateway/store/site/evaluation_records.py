"""How far the rules have come and what is open, in the buffer beside its events. Only the writer thread calls it.

Ids of items are never used twice, because the newest item is never deleted (rows.py): a cursor stays true.
"""

import json
import sqlite3
from typing import Any, NamedTuple

from contract.messages import REPORT
from gateway.items import Row
from gateway.store.items.rows import newest_id

_COLUMNS = "id, node, boot, seq, kind, arrived_ms, uptime_ms, duration_ms, utc_ms, utc_error_ms, body"


class Progress(NamedTuple):
    """`cursor`: items up to this id have been judged. `state`: rows of air.rules.saved."""

    cursor: int
    state: list[Any]


# When the first arrived behind the last that is gone: ids are given without holes.
_LAST_HOLE = """
    SELECT arrived_ms FROM stored AS behind WHERE id > ? AND id <= ? AND id > 1
        AND NOT EXISTS (SELECT 1 FROM stored WHERE stored.id = behind.id - 1) ORDER BY id DESC LIMIT 1"""


def load(connection: sqlite3.Connection) -> Progress:
    cursor, state = connection.execute("SELECT cursor, state FROM evaluation").fetchone()
    return Progress(min(cursor, newest_id(connection)), json.loads(state))


def save(connection: sqlite3.Connection, progress: Progress) -> None:
    """Inside the caller's transaction."""
    connection.execute("UPDATE evaluation SET cursor = ?, state = ?", (progress.cursor, json.dumps(progress.state, separators=(",", ":"))))


def reports(connection: sqlite3.Connection, after_id: int, up_to_id: int, most: int) -> list[tuple[int, Row]]:
    """In the order of their arrival."""
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM items WHERE id > ? AND id <= ? AND kind = ? ORDER BY id LIMIT ?", (after_id, up_to_id, REPORT, most)
    )
    return [(id_, Row(*values)) for id_, *values in found]


class Stored(NamedTuple):
    """What there is to rebuild windows from: items after that id. `whole_from_ms`: none that arrived since then is missing."""

    after_id: int
    whole_from_ms: int


def stored_before(connection: sqlite3.Connection, cursor: int, horizon_ms: int, most: int) -> Stored:
    """The last of what has been judged: as far back as `horizon_ms` before the newest of it, but not more than so many items."""
    judged = connection.execute("SELECT arrived_ms FROM items WHERE id <= ? ORDER BY id DESC LIMIT 1", (cursor,)).fetchone()
    if judged is None:
        return Stored(cursor, 0)
    from_ms = judged[0] - horizon_ms
    reached = last_before(connection, from_ms)
    after_id = max(0, reached, cursor - most)
    hole = connection.execute(_LAST_HOLE, (after_id, cursor)).fetchone()
    if hole is not None:
        return Stored(after_id, max(from_ms, hole[0]))
    if after_id == 0:
        return Stored(0, 0)  # nothing ever came before
    if after_id == reached:
        return Stored(after_id, from_ms)
    return Stored(after_id, connection.execute("SELECT arrived_ms FROM stored WHERE id > ? ORDER BY id LIMIT 1", (after_id,)).fetchone()[0])


def last_before(connection: sqlite3.Connection, arrived_ms: int) -> int:
    """An id after which everything stands that arrived since then, as long as this machine's clock did not jump: found by halving."""
    low, high = 0, newest_id(connection)
    while low < high:
        middle = (low + high) // 2
        row = connection.execute("SELECT id, arrived_ms FROM stored WHERE id > ? ORDER BY id LIMIT 1", (middle,)).fetchone()
        if row is None or row[1] >= arrived_ms:
            high = middle
        else:
            low = row[0]
    return low
