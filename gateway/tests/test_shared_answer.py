"""One answer for all who ask the local page at the same time, and one failure."""

import asyncio
import gzip

import pytest

from gateway.web.shared_answer import FRESH_S, SharedAnswer

ASKERS = 8


class Making:
    """Made when it is let go; each body another one, or `error`."""

    def __init__(self) -> None:
        self.begun = 0
        self.now_s = 100.0
        self.error: Exception | None = None
        self.let_go = asyncio.Event()

    async def make(self) -> bytes:
        self.begun += 1
        number = self.begun
        await self.let_go.wait()
        if self.error:
            raise self.error
        return b"%d" % number

    def monotonic_s(self) -> float:
        return self.now_s


async def asked(shared: SharedAnswer, count: int) -> list[asyncio.Task[bytes]]:
    tasks = [asyncio.create_task(shared.body(zipped=False)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_all_who_ask_meanwhile_get_the_same_answer_which_is_made_once() -> None:
    making = Making()
    shared = SharedAnswer(making.make, making.monotonic_s)
    tasks = await asked(shared, ASKERS)
    making.let_go.set()
    assert await asyncio.gather(*tasks) == [b"1"] * ASKERS
    assert gzip.decompress(await shared.body(zipped=True)) == b"1"
    making.now_s += FRESH_S
    assert await shared.body(zipped=False) == b"1"
    making.now_s += 0.1
    assert await shared.body(zipped=False) == b"2"


async def test_a_failure_answers_all_who_wait_at_once_and_the_next_question_begins_again() -> None:
    making = Making()
    shared = SharedAnswer(making.make, making.monotonic_s)
    tasks = await asked(shared, ASKERS)
    making.error = TimeoutError()
    making.let_go.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in found] == [TimeoutError] * ASKERS and making.begun == 1
    making.error = None
    assert await shared.body(zipped=False) == b"2"


async def test_a_client_that_leaves_ends_the_answer_for_no_other() -> None:
    making = Making()
    shared = SharedAnswer(making.make, making.monotonic_s)
    first, second = await asked(shared, 2)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    making.let_go.set()
    assert await second == b"1" and making.begun == 1


async def test_a_failure_after_all_have_left_is_not_logged_as_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    making = Making()
    shared = SharedAnswer(making.make, making.monotonic_s)
    (task,) = await asked(shared, 1)
    task.cancel()
    making.error = TimeoutError()
    making.let_go.set()
    await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(TimeoutError):
        await shared.body(zipped=False)
    del shared
    assert not caplog.records
