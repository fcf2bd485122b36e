"""What sources find is said once, in order, also over a store that fails for a while."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.counters import Counters
from gateway.errors import StoreError
from gateway.station.publisher import StationPublisher
from gateway.store.site.dating import Limits
from gateway.store.writer import Writer
from gateway.telemetry import Telemetry
from gateway.tests.full_disk import full_disk
from gateway.tests.parts import make_site, make_telemetry, make_writer

ROW = [0, 40, 0, 1, 5, 5, 5]
START_MS = 1_800_000_000_000


@pytest.fixture
def telemetry() -> Telemetry:
    return make_telemetry()


@pytest.fixture
async def writer(tmp_path: Path, telemetry: Telemetry) -> AsyncIterator[Writer]:
    writer = make_writer(tmp_path, telemetry, limits=Limits(100, 200, 1000), station="g-01", pending_rows=1000)
    await writer.open()
    yield writer
    await writer.close()


def a_publisher(writer: Writer) -> tuple[StationPublisher, Counters]:
    counters = Counters()
    return StationPublisher(writer, counters, make_site(100)), counters


async def stored(writer: Writer) -> list[tuple[str, int, str, int, int]]:
    query = "SELECT node, seq, kind, utc_ms, duration_ms FROM items ORDER BY id"
    found: list[tuple[str, int, str, int, int]] = await writer.call(lambda store: store.connection.execute(query).fetchall())
    return found


async def test_reports_are_said_in_the_order_of_their_periods(writer: Writer) -> None:
    publisher, _ = a_publisher(writer)
    publisher.report([ROW], START_MS, 60_000)
    publisher.report([ROW], START_MS + 60_000, 60_000, 5)
    await publisher.publish_pending()
    assert await stored(writer) == [("g-01", 0, "report", START_MS, 60_000), ("g-01", 1, "report", START_MS + 60_000, 60_000)]


async def test_what_is_said_is_in_the_ledger_once_and_told_like_every_commit(writer: Writer, telemetry: Telemetry) -> None:
    publisher, _ = a_publisher(writer)
    told: list[str] = []
    writer.on_thread = lambda store: told.append(f"{store.outbox.newest_id()} stored")
    writer.on_published = lambda: told.append("said")
    publisher.report([ROW], START_MS, 60_000)
    publisher.report([ROW], START_MS + 60_000, 60_000)
    await publisher.publish_pending()
    assert told == ["2 stored", "said"], "rules judge what the gateway itself reports, and lanes send it, without another's commit"
    assert await writer.call(lambda store: store.health.counters()) == {"items.stored": 2}
    assert telemetry.counters["items.stored"] == 2, "the process and its file count the same"


async def test_a_period_of_more_channels_than_a_report_holds_is_several_reports(writer: Writer) -> None:
    publisher, _ = a_publisher(writer)
    publisher.report([[slot, quantity, 2, 0] for slot in range(16) for quantity in (1, 2, 3, 4, 5)], START_MS, 1000)
    await publisher.publish_pending()
    assert [(seq, utc_ms) for _, seq, _, utc_ms, _ in await stored(writer)] == [(0, START_MS), (1, START_MS)]


async def test_what_the_store_did_not_take_is_said_later_and_once(writer: Writer) -> None:
    publisher, _ = a_publisher(writer)
    publisher.report([ROW], START_MS, 1000)
    with full_disk(1), pytest.raises(StoreError):
        await publisher.publish_pending()
    publisher.report([ROW], START_MS + 1000, 1000)
    await publisher.publish_pending()
    await publisher.publish_pending()
    assert [(seq, utc_ms) for _, seq, _, utc_ms, _ in await stored(writer)] == [(0, START_MS), (1, START_MS + 1000)]


async def test_a_task_that_is_ended_while_it_speaks_says_nothing_twice(writer: Writer) -> None:
    publisher, _ = a_publisher(writer)
    publisher.report([ROW], START_MS, 1000)
    speaking = asyncio.create_task(publisher.publish_pending())
    await asyncio.sleep(0)
    speaking.cancel()
    await asyncio.wait([speaking])
    await publisher.publish_pending()
    assert len(await stored(writer)) == 1, "once, not twice and not never"


async def test_what_waits_is_bounded_and_the_oldest_goes(writer: Writer) -> None:
    publisher, counters = a_publisher(writer)
    for number in range(1003):
        publisher.report([ROW], START_MS + number, 1000)
    await publisher.publish_pending()
    said = await stored(writer)
    assert (len(said), said[0][3], counters["sources.dropped"]) == (1000, START_MS + 3, 3)
