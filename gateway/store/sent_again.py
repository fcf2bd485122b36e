"""Has the fleet be sent again what the buffer still has of a time: for a fleet that was put back from an older copy.

What the fleet has it recognises. None of it may be thinned first, or the fleet might count it twice (sent_stretches.py). Anchors and gaps
are reported again too.
"""

from pathlib import Path

from gateway.store.database import open_database, transaction
from gateway.store.delivery.sent_stretches import STRETCH


def send_again(path: Path, budget_bytes: int, from_ms: int) -> int:
    """How many items wait anew; the gateway must not run. `from_ms`: of their arrival, UTC. Raises sqlite3.Error."""
    connection = open_database(path, budget_bytes)
    try:
        with transaction(connection):
            tabled = "arrived_ms >= ? AND id <= (SELECT waiting_id FROM reached)"  # newer ones wait by rule
            added = connection.execute(f"INSERT OR IGNORE INTO waiting SELECT lane, id FROM stored WHERE {tabled}", (from_ms,)).rowcount
            connection.execute("INSERT OR IGNORE INTO handed (stretch) SELECT DISTINCT id / ? FROM unsent", (STRETCH,))
            connection.execute("UPDATE boots SET told_error_ms = NULL WHERE boot IN (SELECT boot FROM origins)")
            connection.execute("UPDATE gaps SET told = 0 WHERE at_ms >= ?", (from_ms,))
            return int(added)
    finally:
        connection.close()
