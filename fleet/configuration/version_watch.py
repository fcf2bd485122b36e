"""Waiting for a gateway's desired document to change: at once when this process changes it, within a poll when another does.

One poll serves all that wait, and none is made while none waits. Knows versions only, not documents.
"""

import asyncio
from collections.abc import Awaitable, Callable

POLL_S = 0.5
ReadVersions = Callable[[set[str]], Awaitable[dict[str, int]]]


class VersionWatch:
    def __init__(self, read_versions: ReadVersions, poll_s: float = POLL_S) -> None:
        self._read_versions = read_versions
        self._poll_s = poll_s
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
            await self._poll()
            await asyncio.sleep(self._poll_s)

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

    async def _poll(self) -> None:
        try:
            versions = await self._read_versions(set(self._waiting))
        except Exception:  # noqa: BLE001 - outer edge of the task: a store that is away for a while must not end the watch
            self.failed_polls += 1
            return
        for gateway, version in versions.items():
            self._wake(gateway, version)

    def _wake(self, gateway: str, version: int) -> None:
        for waiter in self._waiting.get(gateway, ()):
            if version > waiter.have:
                waiter.woken.set()


class _Waiter:
    def __init__(self, have: int) -> None:
        self.have = have
        self.woken = asyncio.Event()
