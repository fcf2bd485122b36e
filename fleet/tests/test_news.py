"""What a process tells with a commit is heard by every other one, and what was missed is looked for. On PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine, text

from fleet.store.dialect import driver_arguments, new_engine
from fleet.store.news import News, announce
from fleet.tests.conftest import ON_POSTGRESQL
from fleet.tests.postgresql import Cluster

pytestmark = ON_POSTGRESQL

WITHIN_S = 20


@pytest.fixture
def url(postgresql: Cluster) -> Iterator[str]:
    made = postgresql.new_database()
    yield made
    postgresql.drop(made)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = new_engine(url)
    yield made
    made.dispose()


class Ears:
    """All that is heard; `looks`: how often something may have been missed."""

    def __init__(self, news: News) -> None:
        self.heard: list[str] = []
        self.looks = 0
        self._changed = asyncio.Condition()
        self._news = news
        news.on("document", self._hear, self._look)

    def _hear(self, subject: str) -> None:
        self.heard.append(subject)
        self._tell()

    def _look(self) -> None:
        self.looks += 1
        self._tell()

    def _tell(self) -> None:
        async def tell() -> None:
            async with self._changed:
                self._changed.notify_all()

        self._telling = asyncio.create_task(tell())

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(WITHIN_S), self._changed:
            await self._changed.wait_for(condition)


@pytest.fixture
async def ears(url: str) -> AsyncIterator[Ears]:
    news = News(url)
    made = Ears(news)
    task = asyncio.create_task(news.run())
    await made.until(lambda: made.looks == 1)
    assert news.listening
    yield made
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def say(engine: Engine, *subjects: str, kind: str = "document") -> None:
    with engine.begin() as connection:
        for subject in subjects:
            announce(connection, kind, subject)


async def test_what_is_committed_is_heard_in_its_order_and_what_is_not_is_never(engine: Engine, ears: Ears) -> None:
    with engine.connect() as connection:
        announce(connection, "document", "of a change that was undone")
        connection.rollback()
    say(engine, "no one asked for this", kind="weather")
    say(engine, "g-1 7", "g-2 3")
    await ears.until(lambda: len(ears.heard) == 2)
    assert ears.heard == ["g-1 7", "g-2 3"]


async def test_a_broken_connection_is_made_again_and_what_was_missed_is_looked_for(engine: Engine, ears: Ears) -> None:
    with engine.begin() as connection:
        of_others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'"
        assert connection.execute(text(f"SELECT pg_terminate_backend(pid) {of_others}")).scalars().all() == [True]
    await ears.until(lambda: ears.looks == 3)  # at its end, and when it listens again
    say(engine, "g-1 8")
    await ears.until(lambda: ears.heard == ["g-1 8"])


async def test_where_there_is_nothing_to_listen_to_no_task_stays() -> None:
    assert driver_arguments("sqlite:///x") is None
    await News("sqlite:///x").run()
