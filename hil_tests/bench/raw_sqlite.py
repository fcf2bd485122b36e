"""The physical limit that stores are compared with: plain `sqlite3.executemany`, WAL, synchronous=FULL, one transaction a batch."""

import sqlite3
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path


def rows_per_s(create: str, insert: str, batches: Iterable[Sequence[Sequence[object]]]) -> float:
    with (
        tempfile.TemporaryDirectory() as own,
        closing(sqlite3.connect(Path(own, "raw.sqlite"), isolation_level=None)) as database,
    ):
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute(create)
        count = 0
        started = time.perf_counter()
        for batch in batches:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(insert, batch)
            database.execute("COMMIT")
            count += len(batch)
        return count / (time.perf_counter() - started)
