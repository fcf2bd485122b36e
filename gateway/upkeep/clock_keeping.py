"""Keeps the site's clock and tells the buffer how well it knows the time; what came before it was known is moved to where it belongs."""

import asyncio
import contextlib

from gateway.errors import StoreError
from gateway.store.writer import Writer
from gateway.time import clock
from gateway.time.site_time import SiteTime

_LOOK_S = 1.0
_GRACE_S = 10.0  # a fleet that tells no time does not hold up what waits for it
_WORTH_TELLING = 1.25


class ClockKeeping:
    """`usable` is set when what waits may be dated and sent."""

    def __init__(self, site: SiteTime, writer: Writer) -> None:
        self._site = site
        self._writer = writer
        self._told_ms = 0
        self._began_s = 0.0
        self._moved_ms: int | None = None
        self.usable = asyncio.Event()
        site.on_known = self._note_known

    async def begin(self) -> None:
        """Before anything is stored. Raises StoreError."""
        self._began_s = clock.monotonic_s()
        self._site.begin(await self._writer.call(lambda store: store.arrivals.last_known_ms()))
        await self._tell_error()
        if self._site.is_known:
            self.usable.set()
        else:
            await self._writer.call(lambda store: store.arrivals.begin_unsure())

    async def run(self) -> None:
        while True:
            self._site.look()
            with contextlib.suppress(StoreError):  # noted where it hurts; said again a second later
                await self._settle()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._site.became_known.wait()
                    self._site.became_known.clear()

    async def _settle(self) -> None:
        if self._moved_ms is not None:
            moved_ms = self._moved_ms
            await self._writer.call(lambda store: store.arrivals.known(moved_ms))
            self._moved_ms = None
        await self._tell_error()
        if self._site.is_known or clock.monotonic_s() - self._began_s > _GRACE_S:
            self.usable.set()

    async def _tell_error(self) -> None:
        error_ms = self._site.now().error_ms
        if not self._told_ms / _WORTH_TELLING <= error_ms <= self._told_ms:
            # Said a little wider than it is, so that its growth is not said every second.
            told_ms = int(error_ms * _WORTH_TELLING) if self._told_ms else error_ms
            await self._writer.call(lambda store: store.clocks.assume(told_ms))
            self._told_ms = told_ms

    def _note_known(self, moved_ms: int) -> None:
        self._moved_ms = moved_ms
