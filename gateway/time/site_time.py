"""The site's clock (site_clock.py) at work: reads the machine's clocks for it, and notifies when the time has become known."""

import asyncio
from collections.abc import Callable

from gateway.time.clock import Clock
from gateway.time.site_clock import SYSTEM, UNSURE, Moment, SiteClock


class SiteTime:
    """`trusts_system`: the machine's clock is right within its error, whatever the kernel reports. `clock`: of the machine."""

    # Set by the part that redates what came before: by how much the time moved when it became known.
    on_known: Callable[[int], None]

    def __init__(self, clock: Clock, system_error_ms: int, *, trusts_system: bool) -> None:
        self.clock = clock
        self.monotonic_s, self.monotonic_ms = clock.monotonic_s, clock.monotonic_ms
        self._system_error_ms = system_error_ms
        self._trusts_system = trusts_system
        self._site = SiteClock(system_error_ms, clock.utc_ms(), 0, clock.monotonic_ms())
        self.became_known = asyncio.Event()

    def begin(self, not_before_ms: int) -> None:
        """`not_before_ms`: the last time known before the restart."""
        self._site = SiteClock(self._system_error_ms, self.clock.utc_ms(), not_before_ms, self.clock.monotonic_ms())
        self._hear_system()

    def now(self) -> Moment:
        if self._trusts_system:
            return Moment(self.clock.utc_ms(), self._system_error_ms, SYSTEM)
        return self._site.now(self.clock.monotonic_ms())

    def utc_ms(self) -> int:
        return self.now().utc_ms

    def summary(self) -> dict[str, str | int]:
        """The error rounded up to a power of two, so that it does not change all the time."""
        moment = self.now()
        return {"source": moment.source, "error_ms": 1 << max(0, moment.error_ms - 1).bit_length()}

    @property
    def is_known(self) -> bool:
        return self.now().source != UNSURE

    def look(self) -> None:
        """At the machine's clock; to be called about once a second."""
        self._learn(self._hear_system)

    def hear_fleet(self, fleet_ms: int, asked_ms: int) -> None:
        """`asked_ms`: monotonic, when the question went out to which this is the answer."""
        self._learn(lambda: self._site.hear_fleet(fleet_ms, asked_ms, self.clock.monotonic_ms()))

    def _hear_system(self) -> None:
        self._site.hear_system(self.clock.utc_ms(), self.clock.monotonic_ms(), synchronised=self.clock.is_synchronised())

    def _learn(self, hear: Callable[[], None]) -> None:
        before, before_ms = self.now(), self.clock.monotonic_ms()
        hear()
        after, after_ms = self.now(), self.clock.monotonic_ms()
        if before.source == UNSURE != after.source:
            self.on_known(after.utc_ms - before.utc_ms - (after_ms - before_ms))
            self.became_known.set()
