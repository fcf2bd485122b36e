"""Asks the fleet for the desired document and reports what became of it. Whether one is taken, and kept, is not decided here."""

import asyncio
import contextlib
import itertools
import logging

from contract.site import device_api_keys as keys
from gateway.backoff import Backoff
from gateway.configuration import FleetSection
from gateway.desired.desired_state import DesiredState
from gateway.errors import DesiredError, FleetError, StoreError
from gateway.telemetry import Telemetry
from gateway.time.clock import Clock
from gateway.uplink.fleet_api import FleetApi

_LOG = logging.getLogger(__name__)
_LEAST_POLL_S = 1.0
# Before bytes that were refused, and that come again, are fetched once more: each time costs a metered line a whole document.
SAME_AGAIN_S = 900


class DesiredPoll:
    def __init__(
        self, api: FleetApi, desired: DesiredState, section: FleetSection, backoff: Backoff, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._api = api
        self._desired = desired
        self._section = section
        self.report_interval_s = section.report_interval_s
        self._backoff = backoff
        self._clock = clock
        self._counters = telemetry.counters
        self._errors = telemetry.errors
        self._refused = b""
        self._refused_again = False

    async def run(self) -> None:
        while True:
            try:
                await self._ask()
                self._backoff.succeeded(self._clock.monotonic_s())
            except (FleetError, DesiredError, StoreError, OSError) as error:
                at_least_s = self._pause_s(error)
                self._counters.add("desired.failures")
                again = f"; asks again after {at_least_s} s" if isinstance(error, DesiredError) and at_least_s else ""
                self._fault(f"{error}{again}")
                await asyncio.sleep(self._backoff.failed(self._clock.monotonic_s(), at_least_s))

    async def report(self, boot: str) -> None:
        """Reports to the fleet what is in force, and the counters: at once after a change, else at an interval. For ever.

        boot: of this run of the program, 16 hex digits; its reports are numbered, so that one that comes late is known as such.
        """
        for seq in itertools.count():
            self._desired.news.clear()
            asked_s = self._clock.monotonic_s()
            number = {keys.BOOT: boot, keys.SEQ: seq}
            try:
                await self._api.reported({**self._desired.outcome, keys.COUNTERS: self._counters.all(), **number})
            except FleetError as error:
                self._fault(f"report: {error.reason}")
                await asyncio.sleep(
                    self._backoff.failed(self._clock.monotonic_s(), min(error.retry_after_s, self._section.retry_after_cap_s))
                )
                continue
            self._desired.receipt(asked_s)
            await self._until_news()

    async def _ask(self) -> None:
        # A document that was refused, or has returned, is not asked for again: only a newer one can be better.
        asked_s = self._clock.monotonic_s()
        answer = await self._api.desired(self._desired.have, self._section.poll_wait_s)
        if answer is None:
            self._desired.nothing_newer()
            # A fleet that does not hold the question is not asked in a hurry.
            await asyncio.sleep(max(0.0, _LEAST_POLL_S - (self._clock.monotonic_s() - asked_s)))
            return
        same, self._refused = answer == self._refused, b""
        try:
            await self._desired.take(answer)
        except DesiredError:
            self._refused, self._refused_again = answer, same
            raise

    def _pause_s(self, error: Exception) -> float:
        """At least."""
        if isinstance(error, DesiredError):
            return SAME_AGAIN_S if self._refused_again else 0
        return min(error.retry_after_s, self._section.retry_after_cap_s) if isinstance(error, FleetError) else 0

    def _fault(self, text: str) -> None:
        self._errors.add("desired", text)
        _LOG.warning("desired document", extra={"reason": text})

    async def _until_news(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.report_interval_s):
                await self._desired.news.wait()
