"""Waiting for a gateway's desired document to change: at once when this process changes it, or hears that another did; else within a poll.

One poll serves all that wait, and none is made while none waits. Where news of other processes are heard, polls are rare: they are for
what no news can tell. Knows versions only, not documents.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

POLL_S = 0.5
# While news are heard.
SELDOM_S = 15.0
NEWS = "desired"  # of a new document; its subject is as `issued` says it
ReadVersions = Callable[[set[str]], Awaitable[dict[str, int]]]


class VersionWatch:
    """is_heard: whether the news of other processes are heard now."""

    def __init__(self, read_versions: ReadVersions, poll_s: float = POLL_S, is_heard: Callable[[], bool] = lambda: False) -> None:
        self._read_versions = read_versions
        self._poll_s = poll_s
        self._is_heard = is_heard
        self._due = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, set[_Waiter]] = {}
        self._has_waiters = asyncio.Event()
        self._stopped = False
        self.failed_polls = 0

    async def run(self) -> None:
        """For ever, beside the application."""
        self._loop = asyncio.get_running_loop()
        while True:
            await self._has_waiters.wait()
            self._due.clear()
            await self._poll(set(self._waiting))
            with suppress(TimeoutError):
                async with asyncio.timeout(SELDOM_S if self._is_heard() else self._poll_s):
                    await self._due.wait()

    def heard(self, news: str) -> None:
        """As `issued` says them. In the loop."""
        gateway, _, version = news.rpartition(" ")
        self._wake(gateway, int(version))

    def look_now(self) -> None:
        """News may have been missed, or will be. In the loop."""
        self._due.set()

    def notify(self, gateway: str, version: int) -> None:
        """From any thread, after the commit."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, gateway, version)

    async def wait(self, gateway: str, have: int, timeout_s: float) -> None:
        """Returns when the version is greater than `have`, after the timeout, or at the stop. The caller reads the store either way."""
        if self._stopped:
            return
        waiter = _Waiter(have)
        self._waiting.setdefault(gateway, set()).add(waiter)
        self._has_waiters.set()
        try:
            async with asyncio.timeout(timeout_s):
                if self._is_heard():  # it may have changed since the caller read, when nobody waited for the news
                    await self._poll({gateway})
                await waiter.woken.wait()
        except TimeoutError:
            pass
        finally:
            self._leave(gateway, waiter)

    def stop(self) -> None:
        """Nobody waits any longer: a service that stops owes those who wait their answers."""
        self._stopped = True
        for waiters in self._waiting.values():
            for waiter in waiters:
                waiter.woken.set()

    def _leave(self, gateway: str, waiter: "_Waiter") -> None:
        self._waiting[gateway].remove(waiter)
        if not self._waiting[gateway]:
            del self._waiting[gateway]
        if not self._waiting:
            self._has_waiters.clear()

    async def _poll(self, gateways: set[str]) -> None:
        try:
            versions = await self._read_versions(gateways)
        except Exception:  # noqa: BLE001 - outer edge of the task: a store that is away for a while must not end the watch
            self.failed_polls += 1
            return
        for gateway, version in versions.items():
            self._wake(gateway, version)

    def _wake(self, gateway: str, version: int) -> None:
        for waiter in self._waiting.get(gateway, ()):
            if version > waiter.have:
                waiter.woken.set()


def issued(gateway: str, version: int) -> str:
    """The news of a new document."""
    return f"{gateway} {version}"


class _Waiter:
    def __init__(self, have: int) -> None:
        self.have = have
        self.woken = asyncio.Event()
