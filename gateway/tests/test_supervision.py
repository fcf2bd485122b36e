"""Tasks that never end: what crashes goes on, and what does not end when it is told to is told itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random

import pytest

from gateway.errors import PageError
from gateway.process.supervision import Supervision
from gateway.tests.conftest import until
from gateway.tests.parts import CLOCK, make_telemetry


class Stubborn:
    """Hears that it is to end, and does not."""

    def __init__(self) -> None:
        self.asked = 0
        self.runs = 0
        self.may_end = asyncio.Event()

    async def run(self) -> None:
        self.runs += 1
        while not self.may_end.is_set():
            try:
                await self.may_end.wait()
            except asyncio.CancelledError:
                self.asked += 1


class Watched:
    def __init__(self) -> None:
        telemetry = make_telemetry()
        self.counters, self.errors = telemetry.counters, telemetry.errors
        self.supervision = Supervision(telemetry, Random(1), CLOCK, stop_s=0.05)
        self.stubborn = Stubborn()

    def told(self) -> list[tuple[str, str]]:
        return [(line.place, line.text) for line in self.errors.pop_all()]


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    watched = Watched()
    watched.supervision.start("stubborn", watched.stubborn.run)
    await until(lambda: watched.stubborn.runs, "running")
    yield watched
    watched.stubborn.may_end.set()
    await watched.supervision.stop()


async def test_a_task_that_does_not_end_is_told_by_name_and_holds_up_nothing(watched: Watched) -> None:
    watched.supervision.start("willing", _for_ever)
    async with asyncio.timeout(10):
        await watched.supervision.stop()
    assert watched.told() == [("stubborn", "does not end, and was left after 0.05 s")]
    assert watched.counters["tasks.left"] == 1


async def test_one_that_was_left_is_asked_again_at_the_last_stop_and_told_once(watched: Watched) -> None:
    await watched.supervision.stop("stubborn")
    await watched.supervision.stop()
    assert watched.stubborn.asked == 2
    assert len(watched.told()) == 1 == watched.counters["tasks.left"]


async def test_one_that_ends_late_is_not_started_again(watched: Watched) -> None:
    left = next(task for task in asyncio.all_tasks() if task.get_name() == "stubborn")
    await watched.supervision.stop()
    watched.stubborn.may_end.set()
    async with asyncio.timeout(10):
        with suppress(asyncio.CancelledError):
            await left
    assert watched.stubborn.runs == 1 and watched.counters["tasks.crashed"] == 0


async def test_a_fault_of_the_site_is_reported_in_its_words_without_a_trace_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    telemetry = make_telemetry()
    supervision = Supervision(telemetry, Random(1), CLOCK)

    async def run() -> None:
        raise PageError("127.0.0.1:8088", "in use", "end it")

    supervision.start("web", run)
    await until(lambda: telemetry.errors.waiting >= 2, "tried again")
    await supervision.stop()
    assert {(line.place, line.text) for line in telemetry.errors.pop_all()} == {("web", "127.0.0.1:8088: in use -> end it")}
    assert [record.levelname for record in caplog.records if record.exc_info] == []


async def _for_ever() -> None:
    await asyncio.Event().wait()
