"""The group commit in front of the writer thread: told only after the disk has it, tried again when the disk is full."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.errors import StoreError
from gateway.items import Row
from gateway.store.database import FILE_NAME, open_for_reading
from gateway.store.writer import Submission
from gateway.tests.conftest import until
from gateway.tests.full_disk import full_disk
from gateway.tests.parts import make_telemetry, make_writer


def _rows(first: int, count: int, size: int = 10) -> list[Row]:
    return [Row("n-1", "0000000100000001", seq, "report", 0, seq, 1, None, None, b"x" * size) for seq in range(first, first + count)]


class Running:
    """A writer with what it reported: for each commit, whether the file had the items at that moment."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME
        telemetry = make_telemetry()
        self.counters = telemetry.counters
        self.writer = make_writer(folder, telemetry)
        self.writer.on_commit = self._committed
        self.committed: list[int] = []
        self.sizes: list[int] = []

    def _committed(self, submission: Submission) -> None:
        there = set(self.seqs())
        assert {row.seq for row in submission.rows} <= there, "reported before it was on the disk"
        self.committed += [row.seq for row in submission.rows]
        self.sizes.append(len(submission))

    def seqs(self) -> list[int]:
        connection = open_for_reading(self.path)
        found = [row[0] for row in connection.execute("SELECT seq FROM items ORDER BY id")]
        connection.close()
        return found


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    running = Running(tmp_path)
    await running.writer.open()
    task = asyncio.create_task(running.writer.run())
    yield running
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await running.writer.close()


async def test_it_is_told_after_the_commit_and_many_share_one(running: Running) -> None:
    for seq in range(90):
        running.writer.submit(_rows(seq, 1), [])
    await until(lambda: len(running.committed) == 90, "all told")
    assert sorted(running.committed) == list(range(90))
    assert running.counters["store.commits"] < 10


async def test_a_full_disk_acknowledges_nothing_is_counted_and_heals_by_itself(running: Running) -> None:
    running.writer.submit(_rows(0, 1), [])
    await until(lambda: running.committed == [0], "first")
    with full_disk(running.path.with_name(FILE_NAME + "-wal").stat().st_size):
        running.writer.submit(_rows(1, 50, size=5000), [])
        await until(lambda: running.counters["store.failures"] >= 3, "failures counted")
        assert running.committed == [0]
    await until(lambda: len(running.committed) == 51, "committed when there is room again")
    assert running.seqs() == list(range(51))


async def test_intake_waits_while_too_much_is_uncommitted(running: Running) -> None:
    with full_disk(running.path.with_name(FILE_NAME + "-wal").stat().st_size):
        running.writer.submit(_rows(0, 1, size=5000), [])
        await until(lambda: running.counters["store.failures"] >= 1, "disk is full")
        running.writer.submit(_rows(1, 100), [])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(running.writer.room(), 0.05)
    await asyncio.wait_for(running.writer.room(), 30)
    await until(lambda: len(running.committed) == 101, "all told")


async def test_a_file_damaged_while_in_use_is_set_aside_and_what_comes_is_stored_in_a_fresh_one(running: Running) -> None:
    running.writer.submit(_rows(0, 60, size=1000), [])
    await until(lambda: len(running.committed) == 60, "stored")
    await running.writer.call(lambda store: store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    with running.path.open("r+b") as file:
        for page in range(1, 30):
            file.seek(4096 * page)
            file.write(b"\xff" * 4096)
    # The pages that SQLite has in memory are good still: let it forget them.
    with pytest.raises(StoreError):
        await running.writer.call(lambda store: _read_from_disk(store.connection))
    running.writer.submit(_rows(100, 3), [])
    await until(lambda: len(running.committed) == 63, "stored in a fresh file")
    assert running.seqs() == [0, 100, 101, 102], "the first is the gateway's own word that it has happened"
    assert running.counters["store.set_aside"] == 1
    assert running.counters["items.stored"] == 4, "the ledger is that of the file in use"
    assert len(list(running.path.parent.glob("*.set-aside-*"))) >= 1


async def test_a_cancelled_commit_is_made_again_at_the_end(tmp_path: Path) -> None:
    running = Running(tmp_path)
    await running.writer.open()
    task = asyncio.create_task(running.writer.run())
    running.writer.submit(_rows(0, 5), [])
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await running.writer.commit_last()
    assert running.committed == list(range(5))
    await running.writer.close()


def _read_from_disk(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA shrink_memory")
    connection.execute("PRAGMA cache_size = 0")
    connection.execute("SELECT sum(length(body)) FROM items").fetchall()
    connection.execute("PRAGMA quick_check").fetchall()
    connection.execute("SELECT count(*) FROM waiting").fetchall()


def test_a_part_of_what_waits_holds_at_least_one_item_however_long_it_is() -> None:
    rows = [Row("n-1", "0000000100000001", seq, "report", 0, 0, 0, None, None, b"x" * 5000) for seq in range(3)]
    waiting = Submission(list(rows))
    assert [[row.seq for row in waiting.cut(100).rows] for _ in rows] == [[0], [1], [2]]
    assert len(waiting) == 0
