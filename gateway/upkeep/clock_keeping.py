"""Keeps the site's clock, and the buffer informed of its error; what came before the time was known is redated."""

import asyncio
import contextlib

from gateway.errors import StoreError
from gateway.store.writer import Writer
from gateway.time.site_time import SiteTime

_LOOK_S = 1.0
GRACE_S = 10.0
_WORTH_REPORTING = 1.25


class ClockKeeping:
    """`usable` is set when what waits may be dated and sent: when the time is known, or `grace_s` after the start all the same."""

    def __init__(self, site: SiteTime, writer: Writer, grace_s: float) -> None:
        self._grace_s = grace_s
        self._site = site
        self._writer = writer
        self._reported_ms = 0
        self._began_s = 0.0
        self.usable = asyncio.Event()
        site.on_known = writer.time_became_known

    async def begin(self, not_before_ms: int) -> None:
        """Before anything is stored. not_before_ms: it is later than that, whatever the machine's clock and the buffer say. Raises
        StoreError."""
        self._began_s = self._site.monotonic_s()
        seen_ms = await self._writer.call(lambda store: store.arrivals.last_known_ms())
        self._site.begin(max(seen_ms, not_before_ms))
        await self._report_error()
        if self._site.is_known:
            self.usable.set()
        else:
            await self._writer.call(lambda store: store.arrivals.begin_unsure())

    async def run(self) -> None:
        while True:
            self._site.look()
            with contextlib.suppress(StoreError):  # reported where the disk is written; repeated a second later
                await self._settle()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._site.became_known.wait()
                    self._site.became_known.clear()

    async def _settle(self) -> None:
        await self._writer.move_arrivals()
        await self._report_error()
        if self._site.is_known or self._site.monotonic_s() - self._began_s > self._grace_s:
            self.usable.set()

    async def _report_error(self) -> None:
        error_ms = self._site.now().error_ms
        if not self._reported_ms / _WORTH_REPORTING <= error_ms <= self._reported_ms:
            # A little wider than it is, so that its growth is not reported every second.
            reported_ms = int(error_ms * _WORTH_REPORTING) if self._reported_ms else error_ms
            await self._writer.call(lambda store: store.clocks.assume(reported_ms))
            self._reported_ms = reported_ms
