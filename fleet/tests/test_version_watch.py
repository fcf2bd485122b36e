"""Who waits for a version is woken by it, by no other, and costs nothing while none waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fleet.configuration.version_watch import VersionWatch, issued

NEVER_S = 3600.0


class Store:
    def __init__(self) -> None:
        self.versions = {"g-1": 1, "g-2": 1}
        self.failures = 0
        self.asked: asyncio.Queue[set[str]] = asyncio.Queue()

    async def read(self, gateways: set[str]) -> dict[str, int]:
        self.asked.put_nowait(gateways)
        if self.failures:
            self.failures -= 1
            raise OSError("away")
        return {gateway: self.versions[gateway] for gateway in gateways}


@asynccontextmanager
async def running(store: Store, poll_s: float, *, is_heard: bool = False) -> AsyncIterator[VersionWatch]:
    watch = VersionWatch(store.read, poll_s, lambda: is_heard)
    task = asyncio.create_task(watch.run())
    yield watch
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_change_in_this_process_wakes_without_a_poll() -> None:
    store = Store()
    async with running(store, NEVER_S) as watch:
        waiting = asyncio.create_task(watch.wait("g-1", 1, NEVER_S))
        await store.asked.get()
        watch.notify("g-1", 2)
        await asyncio.wait_for(waiting, 10)


async def test_a_change_may_be_told_from_another_thread() -> None:
    store = Store()
    async with running(store, NEVER_S) as watch:
        waiting = asyncio.create_task(watch.wait("g-1", 1, NEVER_S))
        await store.asked.get()
        await asyncio.to_thread(watch.notify, "g-1", 2)
        await asyncio.wait_for(waiting, 10)


async def test_a_change_in_another_process_is_found_by_the_poll_though_it_fails_at_first() -> None:
    store = Store()
    async with running(store, 0.001) as watch:
        waiting = asyncio.create_task(watch.wait("g-1", 1, NEVER_S))
        await store.asked.get()
        assert not waiting.done()
        store.failures, store.versions["g-1"] = 2, 2
        await asyncio.wait_for(waiting, 10)
    assert watch.failed_polls == 2


async def test_another_gateway_and_an_old_version_wake_none() -> None:
    store = Store()
    async with running(store, NEVER_S) as watch:
        waiting = asyncio.create_task(watch.wait("g-1", 5, NEVER_S))
        await store.asked.get()
        watch.notify("g-2", 9)
        watch.notify("g-1", 5)
        watch.notify("g-1", 4)
        await asyncio.wait({waiting}, timeout=0.05)
        assert not waiting.done()
        watch.notify("g-1", 6)
        await asyncio.wait_for(waiting, 10)


async def test_waiting_ends_with_its_time() -> None:
    async with running(Store(), NEVER_S) as watch:
        await asyncio.wait_for(watch.wait("g-1", 1, 0.01), 10)


async def test_nothing_is_read_while_none_waits() -> None:
    store = Store()
    async with running(store, 0) as watch:
        await watch.wait("g-1", 1, 0.01)
        while not store.asked.empty():
            store.asked.get_nowait()
        for _ in range(100):  # turns of the loop, in each of which it could be read
            await asyncio.sleep(0)
        assert store.asked.qsize() <= 1  # one that was under way


async def test_a_stop_wakes_all_who_wait_and_nobody_waits_after_it() -> None:
    store = Store()
    async with running(store, NEVER_S) as watch:
        waiting = [asyncio.create_task(watch.wait(gateway, 1, NEVER_S)) for gateway in ("g-1", "g-1", "g-2")]
        await store.asked.get()
        watch.stop()
        await asyncio.gather(*waiting)
        await watch.wait("g-1", 1, NEVER_S)


async def test_news_of_another_process_wake_without_a_poll() -> None:
    store = Store()
    async with running(store, NEVER_S, is_heard=True) as watch:
        waiting = asyncio.create_task(watch.wait("g-1", 1, NEVER_S))
        await store.asked.get()
        watch.heard(issued("g-1", 2))
        await asyncio.wait_for(waiting, 10)


async def test_what_was_told_before_anybody_waited_is_found_at_once() -> None:
    """Between the reading of the store and the wait."""
    store = Store()
    async with running(store, NEVER_S, is_heard=True) as watch:
        other = asyncio.create_task(watch.wait("g-2", 1, NEVER_S))
        assert await store.asked.get() and await store.asked.get()
        store.versions["g-1"] = 2
        watch.heard(issued("g-1", 2))
        await asyncio.wait_for(watch.wait("g-1", 1, NEVER_S), 10)
        assert not other.done()
        other.cancel()


async def test_news_that_may_have_been_missed_are_looked_for() -> None:
    store = Store()
    async with running(store, NEVER_S, is_heard=True) as watch:
        waiting = asyncio.create_task(watch.wait("g-1", 1, NEVER_S))
        assert await store.asked.get() and await store.asked.get()
        store.versions["g-1"] = 2
        watch.look_now()
        await asyncio.wait_for(waiting, 10)
