"""Notifies systemd as long as the gateway does its work: a hung one is then restarted by it. Decides nothing itself."""

import asyncio
import contextlib
import logging

from gateway.counters import Counters
from gateway.errors import StoreError
from gateway.process.progress import ProgressSample, ProgressWatch
from gateway.store.delivery.backlog import anything_waits
from gateway.store.writer import Writer
from gateway.time.clock import Clock
from host.systemd import ALIVE, Systemd

_LOG = logging.getLogger(__name__)
_LOOK_EVERY_S = 5.0
STORE_LIMIT_S = 60.0
# Longer than the longest wait between two attempts that the fleet may ask for, and than an answer may take.
UPLINK_LIMIT_SPARE_S = 600.0


class Watchdog:
    def __init__(
        self,
        systemd: Systemd,
        writer: Writer,
        counters: Counters,
        clock: Clock,
        longest_wait_s: float,
        store_limit_s: float = STORE_LIMIT_S,
    ) -> None:
        """`longest_wait_s`: how long the uplink may rest between two attempts; `store_limit_s`: how long the store may be silent."""
        self._store_limit_s = store_limit_s
        self._systemd = systemd
        self._writer = writer
        self._counters = counters
        self._clock = clock
        self._uplink_limit_s = longest_wait_s + UPLINK_LIMIT_SPARE_S
        self._store_answers = 0
        self._waiting = False
        self._asking: asyncio.Task[None] | None = None
        self.standstill: str | None = None

    async def run(self) -> None:
        """For ever; looks at least twice within the time that systemd gives."""
        progress = ProgressWatch(self._store_limit_s, self._uplink_limit_s, self._clock.monotonic_s())
        every_s = min(_LOOK_EVERY_S, (self._systemd.watchdog_s or 2 * _LOOK_EVERY_S) / 2)
        while True:
            self._ask_store()
            progress.observe(self._look(), self._clock.monotonic_s())
            self._report(progress.standstill(self._clock.monotonic_s()))
            await asyncio.sleep(every_s)

    def _ask_store(self) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._one_answer(), name="watchdog question")

    async def _one_answer(self) -> None:
        with contextlib.suppress(StoreError):  # a refusal is an answer: the writer lives, and reports the fault itself
            self._waiting = await self._writer.call(lambda store: anything_waits(store.connection))
        self._store_answers += 1

    def _look(self) -> ProgressSample:
        assert self._asking is not None
        attempts = self._counters["uplink.batches"] + self._counters["uplink.failures"]
        return ProgressSample(self._store_answers, not self._asking.done(), attempts, self._waiting)

    def _report(self, standstill: str | None) -> None:
        if standstill is None:
            self._systemd.notify(ALIVE, "items wait for the fleet" if self._waiting else "all is at the fleet")
        elif standstill != self.standstill:
            _LOG.critical("standstill: systemd is not notified, and will restart this process", extra={"reason": standstill})
        self.standstill = standstill
