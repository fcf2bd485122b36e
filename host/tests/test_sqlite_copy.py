"""A copy of a SQLite file, made step by step while others write."""

import sqlite3
from contextlib import closing
from pathlib import Path

from host.copies.sqlite_copy import copy_database


def test_a_copy_goes_on_however_often_others_write_between_its_steps(tmp_path: Path) -> None:
    source = tmp_path / "buffer.sqlite"
    with closing(sqlite3.connect(source, isolation_level=None)) as writer:
        writer.execute("PRAGMA page_size = 512")
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA synchronous = OFF")
        writer.execute("CREATE TABLE a (filler BLOB)")
        writer.execute("INSERT INTO a VALUES (zeroblob(6000000))")
        done: list[int] = []

        def write(_: str, at: int, total: int) -> None:
            done.append(at)
            if len(done) <= 20:  # a copy that begins anew each time is found, and ends
                writer.execute("INSERT INTO a VALUES (x'01')")

        copy_database(source, tmp_path / "copy.sqlite", write)
    assert 2 < len(done) < 20 and done == sorted(set(done)), "it began again because others wrote"
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as copied:
        assert copied.execute("SELECT count(*) FROM a").fetchone() == (1,)
