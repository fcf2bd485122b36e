"""Moves the items of a buffer older than ADR 0017 into the present tables, in order, a slice at a time: a kill or a full disk loses none.

Slices, because the file may be as large as its budget: what is moved makes room for what follows.
"""

import sqlite3

_SLICE_ROWS = 2000
_MOVE = """
    INSERT INTO stored SELECT i.id, o.id, seq, nullif(kind, 'report'), arrived_ms, uptime_ms, duration_ms, utc_ms, utc_error_ms, body, lane
        FROM items_before AS i CROSS JOIN origins AS o USING (node, boot) WHERE i.id <= ? ORDER BY i.id"""


def move_items(connection: sqlite3.Connection) -> None:
    """Nothing to do but for the first opening by this version. A connection on which it fails is to be closed."""
    if not connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'items_before'").fetchone()[0]:
        return
    while slice_ := connection.execute("SELECT id FROM items_before ORDER BY id LIMIT ?", (_SLICE_ROWS,)).fetchall():
        connection.execute("BEGIN IMMEDIATE")
        move_slice(connection, slice_[-1][0])
        connection.execute("COMMIT")
    connection.execute("DROP TABLE items_before")


def move_slice(connection: sqlite3.Connection, up_to_id: int) -> None:
    connection.execute(
        "INSERT INTO origins (node, boot, taken, last_id) SELECT DISTINCT node, boot, '[]', ? FROM items_before WHERE id <= ? "
        "ON CONFLICT DO UPDATE SET last_id = excluded.last_id",
        (up_to_id, up_to_id),
    )
    connection.execute(_MOVE, (up_to_id,))
    connection.execute("INSERT INTO waiting SELECT lane, id FROM items_before WHERE id <= ? AND sent_ms IS NULL", (up_to_id,))
    connection.execute("DELETE FROM items_before WHERE id <= ?", (up_to_id,))
    connection.execute("UPDATE reached SET waiting_id = ?", (up_to_id,))
