"""The thread of the store: the order in which it does what is asked of it."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from gateway.store.database import soft_transaction, transaction
from gateway.store.store_thread import StoreThread, Urgency


class Held:
    """A store thread that is busy until `release`; what was done since, in order."""

    def __init__(self) -> None:
        self.thread = StoreThread()
        self.done: list[str] = []
        self._go = threading.Event()
        self._busy = threading.Event()

    async def hold(self) -> asyncio.Task[bool]:
        def wait() -> bool:
            self._busy.set()
            return self._go.wait(20)

        held = asyncio.create_task(self.thread.do(wait, Urgency.NOW))
        await asyncio.to_thread(self._busy.wait, 20)
        return held

    async def ask(self, name: str, urgency: Urgency) -> asyncio.Task[None]:
        asked = asyncio.create_task(self.thread.do(lambda: self.done.append(name), urgency))
        await asyncio.sleep(0)
        return asked

    def release(self) -> None:
        self._go.set()


async def test_what_is_urgent_overtakes_what_may_wait_and_equals_keep_their_order() -> None:
    held = Held()
    asked: list[asyncio.Task[object]] = [await held.hold()]
    for name, urgency in (("history", Urgency.LATER), ("upkeep", Urgency.LATER), ("live", Urgency.SOON), ("alarm", Urgency.NOW)):
        asked.append(await held.ask(name, urgency))
    held.release()
    await asyncio.gather(*asked)
    assert held.done == ["alarm", "live", "history", "upkeep"]
    held.thread.end()


async def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    held = Held()
    first, given_up, last = await held.hold(), await held.ask("given up", Urgency.NOW), await held.ask("last", Urgency.NOW)
    given_up.cancel()
    with suppress(asyncio.CancelledError):
        await given_up
    held.release()
    await asyncio.gather(first, last)
    assert held.done == ["last"]
    held.thread.end()


async def test_what_an_operation_raises_reaches_who_asked_and_the_thread_goes_on() -> None:
    thread = StoreThread()
    with pytest.raises(ZeroDivisionError):
        await thread.do(lambda: 1 // 0, Urgency.SOON)
    assert await thread.do(lambda: 1, Urgency.SOON) == 1
    thread.end()


async def test_the_end_waits_for_all_that_was_asked_before() -> None:
    held = Held()
    asked: list[asyncio.Task[object]] = [await held.hold(), await held.ask("history", Urgency.LATER)]
    threading.Timer(0.05, held.release).start()
    held.thread.end()
    await asyncio.gather(*asked)
    assert held.done == ["history"]


@pytest.mark.parametrize("fails", [False, True])
def test_only_a_soft_transaction_spares_the_flush(fails: bool) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    level: Callable[[], int] = lambda: int(connection.execute("PRAGMA synchronous").fetchone()[0])  # noqa: E731
    with transaction(connection):
        assert level() == 2
    with suppress(ZeroDivisionError), soft_transaction(connection):
        assert level() == 1
        assert 1 // (0 if fails else 1)
    assert level() == 2
