"""How much of the disk a buffer uses, beside the budget that it has."""

import sqlite3
from pathlib import Path

from gateway.store.space.set_aside import aside_bytes


def log_bytes(path: Path) -> int:
    try:
        return path.with_name(path.name + "-wal").stat().st_size
    except FileNotFoundError:
        return 0


def used_bytes(connection: sqlite3.Connection, path: Path) -> int:
    """Pages in use, the log, and what was set aside. Free pages inside the file do not count: they are used again first."""
    pages = connection.execute("PRAGMA page_count").fetchone()[0] - connection.execute("PRAGMA freelist_count").fetchone()[0]
    page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
    return int(pages) * int(page_bytes) + log_bytes(path) + aside_bytes(path)
