"""Readers of the store: people and gateways share neither threads nor connections, and a question may take only so long."""

import asyncio
import threading
from collections import Counter
from pathlib import Path

import pytest
from anyio import CapacityLimiter
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from fleet.configuration import gateway_configuration
from fleet.errors import OverloadedError, TooSlowError
from fleet.store import reading
from fleet.store.dialect import new_reading_engine
from fleet.store.engine import open_store, sqlite_url
from fleet.store.reading import PEOPLE_THREADS, READERS_REFUSED, READS_TOO_SLOW, Reader
from fleet.tests.district import District, report

# Some seconds of work for either of the two stores; neither can know its end beforehand.
LONG = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000000) SELECT sum(i) FROM n"""


@pytest.fixture
def url(tmp_path: Path, db: str | None) -> str:
    made = db or sqlite_url(tmp_path / "x.sqlite")
    open_store(made).dispose()
    return made


def test_a_question_that_takes_too_long_is_cut_short_and_the_next_is_answered(url: str) -> None:
    clock = iter(range(0, 1 << 40, 1000))  # each look is a second later
    counts = Counter[str]()
    reader = Reader(new_reading_engine(url, 1, 0.2, lambda: next(clock)), CapacityLimiter(1), counts)
    with pytest.raises(TooSlowError):
        reader.read_here(lambda connection: connection.execute(text(LONG)).scalar())
    assert counts == {READS_TOO_SLOW: 1}
    assert reader.read_here(lambda connection: connection.execute(text("SELECT 1")).scalar()) == 1
    reader.dispose()


def test_a_question_without_a_limit_takes_its_time(url: str) -> None:
    clock = iter(range(0, 1 << 60, 1 << 40))
    engine = new_reading_engine(url, 1, None, lambda: next(clock))
    with engine.connect() as connection:
        assert connection.execute(text(LONG.replace("20000000", "200000"))).scalar() == 200_000 * 200_001 / 2
    engine.dispose()


def test_who_reads_cannot_write(url: str) -> None:
    engine = new_reading_engine(url, 1, 10, lambda: 0)
    with engine.connect() as connection, pytest.raises(DBAPIError, match=r"read.?only"):
        connection.execute(text("DELETE FROM value"))
    engine.dispose()


@pytest.mark.parametrize("who", ["people", "gateways", "pages"])
async def test_all_that_one_question_reads_is_of_one_moment(district: District, who: str) -> None:
    """Else sections of a configuration would be read with the version of the next one, and If-Match would let an overwrite through."""
    readers = {"people": district.service.people, "gateways": district.service.gateways, "pages": district.public.pages.reader}
    path = "gateways/g-1/configuration"
    begun, written = threading.Event(), threading.Event()

    def read(connection: Connection) -> tuple[object, object]:
        before = gateway_configuration.read(connection, "g-1")["settings"].version
        begun.set()
        assert written.wait(60)
        return before, gateway_configuration.read(connection, "g-1")["settings"].version

    question = asyncio.create_task(asyncio.to_thread(readers[who].read_here, read))
    await asyncio.to_thread(begun.wait, 60)
    try:
        assert (await district.admin("PUT", path, {"reason": "x", "settings": {"trial_s": 60}})).status_code == 200
    finally:
        written.set()
    assert await question == (0, 0)
    assert (await district.read(path))["settings"]["version"] == 1


async def test_readers_that_hold_every_thread_and_connection_delay_no_gateway(district: District) -> None:
    """Neither whose a token is, nor ingest, nor the desired document."""
    release, held = threading.Event(), [threading.Event() for _ in range(PEOPLE_THREADS)]
    waiting = iter(held)

    def hold(connection: Connection) -> None:
        connection.execute(text("SELECT 1"))
        next(waiting).set()
        release.wait(60)

    people = district.service.people
    readers = [asyncio.create_task(people.read(hold)) for _ in range(PEOPLE_THREADS)]
    try:
        while not all(event.is_set() for event in held):
            await asyncio.sleep(0.001)
        visitor = asyncio.create_task(district.read("nodes"))
        district.service.authenticator.forget()
        async with asyncio.timeout(30):
            assert await district.statuses(report(1)) == ["accepted"]
            assert (await district.device("GET", "desired")).status_code == 200
        assert not visitor.done()
    finally:
        release.set()
    await asyncio.gather(*readers)
    assert [node["id"] for node in (await visitor)["items"]] == ["n-1"]


async def test_people_are_told_when_too_many_wait(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_WAITING", 0)
    answer = await district.admin("GET", "nodes")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
    assert district.service.counts[READERS_REFUSED] == 1
    assert await district.statuses(report(1)) == ["accepted"]
    with pytest.raises(OverloadedError):
        district.service.people.admit()
