"""Which items came while the time was not known. Their arrivals are moved when it becomes known, or else count for nothing in dating.

Only the writer thread calls it.
"""

import sqlite3

from gateway.store.database import transaction


class Arrivals:
    """What an earlier run left unsure stays so: how long the machine was off is not known."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("UPDATE unsure SET up_to_id = (SELECT ifnull(max(id), 0) FROM stored) WHERE up_to_id IS NULL")
        connection.execute("DELETE FROM unsure WHERE up_to_id <= after_id OR up_to_id < (SELECT min(id) FROM unsent)")
        self._left: list[tuple[int, int]] = connection.execute("SELECT after_id, up_to_id FROM unsure").fetchall()

    def last_known_ms(self) -> int:
        """The latest UTC that this buffer has seen; 0 for a fresh one."""
        latest: int = self._connection.execute(
            "SELECT max(ifnull((SELECT max(at_ms) FROM snapshots), 0), ifnull((SELECT arrived_ms FROM stored ORDER BY id DESC LIMIT 1), 0))"
        ).fetchone()[0]
        return latest

    def begin_unsure(self) -> None:
        self._connection.execute("INSERT INTO unsure SELECT ifnull(max(id), 0), NULL FROM stored")

    def known(self, moved_ms: int) -> None:
        """The time is known: it is `moved_ms` later than it was stamped on what came in this run."""
        with transaction(self._connection):
            self._connection.execute(
                "UPDATE stored SET arrived_ms = arrived_ms + ? WHERE id > (SELECT after_id FROM unsure WHERE up_to_id IS NULL)", (moved_ms,)
            )
            self._connection.execute("DELETE FROM unsure WHERE up_to_id IS NULL")

    def is_unsure(self, id_: int) -> bool:
        return any(after < id_ <= up_to for after, up_to in self._left)
