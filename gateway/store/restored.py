"""A buffer that is put back from a copy: the fleet may have had more from this gateway than the copy knows.

What waits in the copy may have been sent since. It is sent again, and the fleet recognises it; but it must not be thinned, or the fleet
would count it twice (sent_stretches.py). The gateway's own boots since the copy are unknown: the next one must come after them.
"""

from pathlib import Path

from gateway.store.database import FILE_NAME, open_database, transaction
from gateway.store.delivery.sent_stretches import STRETCH

# More than the starts between a copy and its use.
BOOTS_SINCE = 10_000


def prepare_restored(state: Path, budget_bytes: int) -> None:
    """Raises sqlite3.DatabaseError: it is damaged, not a buffer of ours, or made by a newer version."""
    path = state / FILE_NAME
    if not path.exists():
        return
    connection = open_database(path, budget_bytes)
    try:
        with transaction(connection):
            connection.execute("UPDATE station SET boots = boots + ?, next_seq = 0", (BOOTS_SINCE,))
            connection.execute("INSERT OR IGNORE INTO handed (stretch) SELECT DISTINCT id / ? FROM unsent", (STRETCH,))
    finally:
        connection.close()
