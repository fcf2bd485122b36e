"""The writing thread: done means committed, one failure harms no other, and waiting has an end."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import OperationalError

from fleet.devices.tables import limit_counter
from fleet.errors import OverloadedError
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import migrate, sqlite_url
from fleet.store.writer import Writer


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = new_engine(sqlite_url(tmp_path / "x.sqlite"))
    migrate(made)
    yield made
    made.dispose()


def add(name: str) -> Any:
    return lambda connection: connection.execute(insert(limit_counter), {"name": name, "count": 1})


def names(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(select(limit_counter.c.name)).scalars())


def test_a_future_is_done_only_after_the_commit(engine: Engine) -> None:
    writer = Writer(engine)
    seen: list[set[str]] = []
    future = writer.submit(add("a"))
    future.add_done_callback(lambda _: seen.append(names(engine)))
    writer.start()
    writer.stop()
    assert seen == [{"a"}]


def test_a_piece_that_fails_takes_no_other_with_it(engine: Engine) -> None:
    def fail(connection: Connection) -> None:
        add("half")(connection)
        raise ZeroDivisionError

    writer = Writer(engine)
    futures = [writer.submit(work) for work in (add("a"), fail, add("b"))]
    writer.start()
    writer.stop()
    assert [type(future.exception()) for future in futures] == [type(None), ZeroDivisionError, type(None)]
    assert names(engine) == {"a", "b"}


def test_when_the_commit_fails_all_pieces_fail(engine: Engine) -> None:
    writer = Writer(engine)
    futures = [writer.submit(add("a")), writer.submit(add("b"))]
    with for_writing(engine).begin() as connection:
        connection.exec_driver_sql("DROP TABLE limit_counter")
    writer.start()
    assert all(future.exception(timeout=10) is not None for future in futures)
    assert writer.submit(lambda connection: 7).result(timeout=10) == 7
    writer.stop()


def test_work_whose_asker_has_gone_is_not_done(engine: Engine) -> None:
    writer = Writer(engine)
    gone, kept = writer.submit(add("gone")), writer.submit(add("kept"))
    assert gone.cancel()
    writer.start()
    kept.result(timeout=10)
    writer.stop()
    assert names(engine) == {"kept"}


def test_what_waits_is_bounded_and_counted(engine: Engine) -> None:
    writer = Writer(engine, max_waiting=3)
    for _ in range(3):
        writer.submit(lambda connection: None)
    with pytest.raises(OverloadedError):
        writer.submit(lambda connection: None)
    assert writer.overloaded == 1


def test_work_that_nobody_waits_for_is_left_out_long_before_the_places_are_taken(engine: Engine) -> None:
    writer = Writer(engine, max_waiting=8)
    assert writer.submit_if_calm(lambda connection: None)
    assert writer.submit_if_calm(lambda connection: None)
    assert not writer.submit_if_calm(lambda connection: None)
    with pytest.raises(OverloadedError):
        writer.submit_when_calm(lambda connection: None)
    for _ in range(6):
        writer.submit(lambda connection: None)
    assert not writer.submit_if_calm(lambda connection: None)
    assert writer.overloaded == 0


def test_what_waits_is_committed_together_in_the_order_it_came(engine: Engine) -> None:
    order: list[int] = []
    commits: list[int] = []

    def record_order(number: int, _connection: Connection) -> None:
        order.append(number)

    writer = Writer(engine, max_group=4)
    for number in range(8):
        writer.submit(partial(record_order, number)).add_done_callback(lambda _: commits.append(len(order)))
    writer.start()
    writer.stop()
    assert order == list(range(8))
    assert commits == [4] * 4 + [8] * 4


def test_stopping_waits_for_what_was_accepted(engine: Engine) -> None:
    released = threading.Event()
    writer = Writer(engine)
    writer.start()
    writer.submit(lambda connection: released.wait(10))
    last = writer.submit(add("last"))
    released.set()
    writer.stop()
    assert last.done() and names(engine) == {"last"}


def test_what_comes_after_the_stop_is_refused_so_that_nobody_waits_for_it(engine: Engine) -> None:
    writer = Writer(engine)
    writer.start()
    writer.stop()
    with pytest.raises(OverloadedError):
        writer.submit(add("late")).result(10)
    assert names(engine) == set()


def test_when_a_piece_ends_the_transaction_all_pieces_fail(engine: Engine) -> None:
    # SQLite ends the whole transaction by itself when the disk is full.
    def fill(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 8}")
        for number in range(10_000):
            add(f"{number:100}")(connection)

    writer = Writer(engine)
    futures = [writer.submit(work) for work in (add("before"), fill, add("after"))]
    writer.start()
    writer.stop()
    assert [type(future.exception()) for future in futures] == [OperationalError] * 3
    assert names(engine) == set()
