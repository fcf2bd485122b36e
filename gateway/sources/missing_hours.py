"""Hours that a monitor never reported: published as hours without data, once it cannot report them any more.

A monitor reports its last hour, so what it measured until E can be had until it has measured the next one. A grid of hours by its clock.
"""

import asyncio
from collections import deque
from typing import Protocol

from contract.quality import NO_REPLY
from gateway.errors import StoreError

HOUR_MS = 3_600_000
_LOOK_S = 60.0
_MOST_HOURS = 48


class ReportStore(Protocol):
    """A publisher of reports that knows which it has published."""

    def report(self, rows: list[list[int]], start_ms: int, duration_ms: int, error_ms: int | None = None) -> None: ...

    async def has_reported(self, slot: int, quantity: int, start_ms: int) -> bool: ...

    def utc_ms(self) -> int: ...


def newest_due_hour(now_ms: int, offset_min: int, slack_ms: int) -> int:
    """Start (UTC ms) of the newest hour that the monitor would have reported by now. offset_min: of its clock to UTC."""
    of_grid_ms = now_ms - slack_ms + 60_000 * offset_min
    return of_grid_ms // HOUR_MS * HOUR_MS - 60_000 * offset_min - 2 * HOUR_MS


class MissingHours:
    """One channel of a monitor. Hours that could not be reported any more when it began to watch are left out."""

    def __init__(self, slot: int, quantity: int, offset_min: int, error_ms: int, slack_ms: int, publisher: ReportStore) -> None:
        self._slot = slot
        self._quantity = quantity
        self._offset_min = offset_min
        self._error_ms = error_ms
        self._slack_ms = slack_ms
        self._publisher = publisher
        self._from_ms: int | None = None
        self._reported: deque[int] = deque(maxlen=_MOST_HOURS)

    def record_reported(self, start_ms: int) -> None:
        """The monitor has reported it."""
        self._reported.append(start_ms)

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> None:
        """A store that cannot be asked is asked again at the next look."""
        newest_ms = newest_due_hour(self._publisher.utc_ms(), self._offset_min, self._slack_ms)
        if self._from_ms is None or abs(newest_ms - self._from_ms) > _MOST_HOURS * HOUR_MS:  # or the clock was set
            self._from_ms = newest_ms + HOUR_MS
        while self._from_ms <= newest_ms:
            try:
                is_reported = self._from_ms in self._reported or await self._publisher.has_reported(
                    self._slot, self._quantity, self._from_ms
                )
            except StoreError:
                return
            if not is_reported:
                self._publisher.report([[self._slot, self._quantity, NO_REPLY, 0]], self._from_ms, HOUR_MS, self._error_ms)
            self._from_ms += HOUR_MS
