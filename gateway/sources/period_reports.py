"""What a source says of each period, whatever becomes of the source meanwhile: its averages, or why there are none.

A task beside the one that reads: a device that is not there, a reader that crashed and a question that hangs cost values, never a period.
"""

import asyncio

from contract.quality import NO_REPLY, NOT_MEASURED
from gateway.ports.source_status import CRASHED, NO_PORT, WAITING, SourceStatus
from gateway.sources.averages import Averages
from gateway.sources.period import Period
from gateway.sources.source import Says
from gateway.time import clock

_LEAST_MS = 1000  # of a period that is cut short: with no reading in it, it is not worth a report
_REASONS = {WAITING: NO_REPLY, NO_PORT: NO_REPLY, CRASHED: NOT_MEASURED}


class PeriodReports:
    """`averages` is filled by whoever reads, and emptied here."""

    def __init__(self, period_ms: int, averages: Averages, status: SourceStatus, voice: Says) -> None:
        self._period = Period(period_ms)
        self._averages = averages
        self._status = status
        self._voice = voice

    async def run(self) -> None:
        """Until it is cancelled; what has come since the last report is said then."""
        self._period.begin(self._voice.utc_ms(), clock.monotonic_ms())
        try:
            while True:
                await asyncio.sleep(self._period.left_ms(clock.monotonic_ms()) / 1000)
                if self._period.left_ms(clock.monotonic_ms()) == 0:
                    self._say()
        finally:
            if self._averages.has_readings or self._period.passed_ms(clock.monotonic_ms()) >= _LEAST_MS:
                self._say()

    def _say(self) -> None:
        start_ms, duration_ms = self._period.close(self._voice.utc_ms(), clock.monotonic_ms())
        reason = _REASONS.get(self._status.state)
        if reason is not None:
            self._averages.miss_all(reason)
        self._voice.report(self._averages.close(duration_ms), start_ms, duration_ms)
        self._status.count("reports")
