"""Waiting for a gateway's desired document to change: at once when this process changes it, within a poll when another does.

One poll serves all that wait, and none is made while nobody does. Refuses to know documents; knows versions only.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

POLL_S = 0.5
ReadVersions = Callable[[set[str]], Awaitable[dict[str, int]]]


class VersionWatch:
    def __init__(self, read_versions: ReadVersions, poll_s: float = POLL_S) -> None:
        self._read_versions = read_versions
        self._poll_s = poll_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Condition()
        self._versions: dict[str, int] = {}
        self._waiting: Counter[str] = Counter()
        self._somebody_waits = asyncio.Event()
        self.failed_polls = 0

    async def run(self) -> None:
        """For ever, beside the application."""
        self._loop = asyncio.get_running_loop()
        while True:
            await self._somebody_waits.wait()
            await self._poll()
            await asyncio.sleep(self._poll_s)

    def notify(self, gateway: str, version: int) -> None:
        """From any thread, after the commit."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._publish({gateway: version})))

    async def wait(self, gateway: str, have: int, timeout_s: float) -> None:
        """Returns when the version is greater than `have`, or after the timeout. The caller reads the store either way."""
        self._waiting[gateway] += 1
        self._somebody_waits.set()
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: self._versions.get(gateway, 0) > have)
        except TimeoutError:
            pass
        finally:
            self._leave(gateway)

    def _leave(self, gateway: str) -> None:
        self._waiting[gateway] -= 1
        if not self._waiting[gateway]:
            del self._waiting[gateway]
            self._versions.pop(gateway, None)
        if not self._waiting:
            self._somebody_waits.clear()

    async def _poll(self) -> None:
        try:
            versions = await self._read_versions(set(self._waiting))
        except Exception:  # noqa: BLE001 - outer edge of the task: a store that is away for a while must not end the watch
            self.failed_polls += 1
            return
        await self._publish(versions)

    async def _publish(self, versions: dict[str, int]) -> None:
        async with self._changed:
            self._versions.update({gateway: version for gateway, version in versions.items() if gateway in self._waiting})
            self._changed.notify_all()
