"""What all viewers of the district share: read once a moment, and then with all that was committed, whenever it is dated."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy import event as of_engine

from fleet.clock import Clock
from fleet.http.shared_answers import GRACE_MS, LEAST_MS
from fleet.pages import district as shared_district
from fleet.pages import dust, reading
from fleet.pages.district import DistrictReader
from fleet.pages.dust import DustReader
from fleet.store.reading import Reader
from fleet.tests.district import START_MS, District, report

PM2_5_ATM = 6


def newest(district: District) -> float | None:
    (value,) = district.public.district.read().nodes[0].channels
    return value.value


@contextmanager
def statements(district: District) -> Iterator[list[str]]:
    """Those that the readers of the public send to the store meanwhile."""
    seen: list[str] = []
    engines = [shelf.reader._engine for shelf in (district.public.pages, district.public.archive)]

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    for engine in engines:
        of_engine.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        of_engine.remove(engine, "before_cursor_execute", note)


async def test_all_who_look_within_a_moment_get_one_reading(district: District) -> None:
    await district.ingest(report(1))
    readings = await asyncio.gather(*(asyncio.to_thread(district.public.district.read) for _ in range(8)))
    assert len({id(reading) for reading in readings}) == 1


WAITERS = 4


class Looks:
    """A clock that knows which threads have looked at it."""

    def __init__(self) -> None:
        self.now_ms = START_MS
        self._threads: set[int] = set()
        self._changed = threading.Condition()

    def monotonic_ms(self) -> int:
        with self._changed:
            self._threads.add(threading.get_ident())
            self._changed.notify_all()
        return self.now_ms

    def wait_for(self, threads: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self._threads) >= threads, 20)

    def clock(self) -> Clock:
        return Clock(lambda: self.now_ms, self.monotonic_ms)


SHARED: dict[str, Callable[[Clock, Reader], Callable[[], object]]] = {
    "district": lambda clock, reader: DistrictReader(clock, reader).read,
    "dust": lambda clock, reader: partial(DustReader(clock, reader).read, ["n-1", "n-2"]),
}


@pytest.mark.parametrize("of", SHARED)
async def test_who_waits_for_a_reading_takes_it_however_long_it_took(district: District, of: str) -> None:
    looks, reader = Looks(), district.public.pages.reader
    read = SHARED[of](looks.clock(), reader)
    late, readings = threading.Event(), 0

    def begin(_connection: Connection) -> None:
        nonlocal readings
        readings += 1
        if readings == 1:
            looks.now_ms += 2 * max(dust.KEPT_MS, shared_district.KEPT_MS)
            late.set()
            assert looks.wait_for(1 + WAITERS)

    of_engine.listen(reader._engine, "begin", begin)
    try:
        first = asyncio.create_task(asyncio.to_thread(read))
        assert await asyncio.to_thread(late.wait, 20)
        await asyncio.gather(first, *(asyncio.to_thread(read) for _ in range(WAITERS)))
        assert readings == 1
        looks.now_ms += 1
        await asyncio.to_thread(read)
        assert readings == 2, "who asks later gets a new one"
    finally:
        of_engine.remove(reader._engine, "begin", begin)


async def test_what_is_delivered_is_there_after_that_moment(district: District) -> None:
    await district.ingest(report(2))
    assert newest(district) == 12.34
    await district.ingest(report(3, [[0, 2, 0, 10, 5000, 4000, 6000]]))
    district.time.now_ms += shared_district.KEPT_MS
    assert newest(district) == 50.0


async def test_what_comes_late_counts_where_it_is_the_newest_of_its_channel(district: District) -> None:
    await district.ingest(report(5))
    district.public.district.read()
    await district.ingest(report(3, [[1, 2, 0, 10, 5000, 4000, 6000]]))  # older than all that is there, of a sensor never heard of
    district.time.now_ms += shared_district.KEPT_MS
    assert {value.slot: value.value for value in district.public.district.read().nodes[0].channels} == {0: 12.34, 1: 50.0}


async def test_a_node_that_is_registered_or_retired_is_in_the_next_reading(district: District) -> None:
    assert [one.node.id for one in district.public.district.read().nodes] == ["n-1"]
    await district.add_node("n-2")
    district.time.now_ms += shared_district.KEPT_MS
    assert [one.node.id for one in district.public.district.read().nodes] == ["n-1", "n-2"]


async def test_every_variant_of_the_page_is_of_the_same_reading(district: District) -> None:
    await district.ingest(report(1))
    moments = set()
    for query in ("", "?q=n-1", "?group=none", "?state=live", "?page=2"):
        answer = await district.client.get("/live/overview" + query)
        moments.add(re.findall(r'data-at-ms="(\d+)"', answer.text)[0])
        district.time.now_ms += 1
    assert len(moments) == 1


async def test_another_view_of_the_district_asks_the_store_nothing(district: District) -> None:
    for number in range(2, 8):
        await district.add_node(f"n-{number}")
    await district.client.get("/")
    with statements(district) as asked:
        for number in range(1, 8):
            for query in (f"q=n-{number}", f"q=strange{number}", f"page={number}", f"group=none&q={number}", f"site=s-{number}"):
                answer = await district.client.get(f"/live/overview?{query}", headers={"Accept-Language": "en"})
                assert answer.status_code == 200
    assert asked == []


async def test_the_page_of_a_gateway_reads_no_node_and_shows_its_own(district: District) -> None:
    token = await district.add_gateway("g-2")
    await district.add_node("n-2", "g-2")
    await district.ingest(report(1, node="n-2"), token=token)
    await district.client.get("/")
    with statements(district) as asked:
        text = (await district.client.get("/gateways/g-2")).text
    assert "n-2" in text and "n-1" not in text
    assert asked and not [statement for statement in asked if re.search(r"FROM node\b|FROM value\b|FROM \(SELECT value", statement)]


async def test_the_mean_of_an_hour_is_read_once_a_minute(district: District) -> None:
    channels = [[0, PM2_5_ATM, 0, 10, 6200, 6100, 6300]]
    await district.ingest(*(report(seq, channels) for seq in range(361)))
    district.time.now_ms = START_MS + 3_610_000
    with statements(district) as asked:
        first = district.public.dust.read(["n-1", "n-9"])
        assert asked and first["n-1"][0].mean == 62.0 and first["n-9"] == []
        del asked[:]
        district.time.now_ms += dust.KEPT_MS - 1
        assert district.public.dust.read(["n-9", "n-1"]) == first and asked == []
        district.time.now_ms += 1
        assert district.public.dust.read(["n-1"]) == {"n-1": first["n-1"]} and asked


async def test_no_more_means_are_kept_than_may_be(district: District, monkeypatch: Any) -> None:
    monkeypatch.setattr(dust, "MOST_KEPT", 3)
    for number in range(9):
        assert set(district.public.dust.read([f"n-{number}", f"m-{number}"])) == {f"n-{number}", f"m-{number}"}
        assert len(district.public.dust._kept) <= 3


async def test_the_page_of_a_node_with_many_starts_reads_the_newest_only(district: District, monkeypatch: Any) -> None:
    monkeypatch.setattr(reading, "MOST_BOOTS", 4)

    async def shown(*boots: int) -> str:
        for boot in boots:
            await district.ingest(report(boot, boot=f"{boot:08x}aaaaaaaa"))  # of `boot` earlier items nothing is known
        district.time.now_ms += LEAST_MS + GRACE_MS
        return (await district.client.get("/nodes/n-1", headers={"Accept-Language": "en"})).text

    def missing(text: str) -> str:
        return " ".join(re.findall(r"Missing items</dt><dd>(.*?)</dd>", text)[0].split())

    assert missing(await shown(1, 2, 3, 4)) == "10"
    assert missing(await shown(5)) == "14 <small>since the last 4 starts</small>"
