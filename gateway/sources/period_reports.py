"""What a source publishes of each period, whatever becomes of the source meanwhile: its averages, or why there are none.

A task beside the one that reads: a device that is not there, a reader that crashed and a question that hangs cost values, never a period.
"""

import asyncio

from contract.quality import NO_REPLY, NOT_MEASURED
from gateway.ports.source_status import CRASHED, NO_PORT, WAITING, SourceStatus
from gateway.sources.averages import Averages
from gateway.sources.period import ReportPeriod
from gateway.sources.source import Publishes
from gateway.time.clock import Clock

_LEAST_MS = 1000  # of a period that is cut short: with no reading in it, it is not worth a report
_REASONS = {WAITING: NO_REPLY, NO_PORT: NO_REPLY, CRASHED: NOT_MEASURED}


class PeriodReports:
    """`averages` is filled by the source, and emptied here."""

    def __init__(self, period_ms: int, averages: Averages, status: SourceStatus, publisher: Publishes, clock: Clock) -> None:
        self._period = ReportPeriod(period_ms)
        self._averages = averages
        self._status = status
        self._publisher = publisher
        self._clock = clock

    async def run(self) -> None:
        """Until it is cancelled; what has come since the last report is published then."""
        self._period.begin(self._publisher.utc_ms(), self._clock.monotonic_ms())
        try:
            while True:
                await asyncio.sleep(self._period.left_ms(self._clock.monotonic_ms()) / 1000)
                if self._period.left_ms(self._clock.monotonic_ms()) == 0:
                    self._publish()
        finally:
            if self._averages.has_readings or self._period.passed_ms(self._clock.monotonic_ms()) >= _LEAST_MS:
                self._publish()

    def _publish(self) -> None:
        start_ms, duration_ms = self._period.close(self._publisher.utc_ms(), self._clock.monotonic_ms())
        reason = _REASONS.get(self._status.state)
        if reason is not None:
            self._averages.miss_all(reason)
        self._publisher.report(self._averages.close(duration_ms), start_ms, duration_ms)
        self._status.count("reports")
