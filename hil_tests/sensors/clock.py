"""The bench's time: the only file of the virtual sensors that asks the machine what time it is.

Bench time is UTC in ms since 1970 that runs `rate` times as fast as the wall from its origin on:
bench = origin + (wall - origin) * rate. At rate 1 the two are the same. Clocks given the same rate and origin agree.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """What the host needs of a clock; a bench that has one of its own hands it in."""

    @property
    def rate(self) -> float: ...
    def now_ms(self) -> int: ...


class BenchClock:
    def __init__(self, rate: float = 1.0, origin_ms: float | None = None) -> None:
        if rate <= 0:
            raise ValueError(f"rate {rate}: must be above 0")
        self.rate = rate
        # The wall is read once; a step of it during a test must not be a step of the sensors.
        self._wall_at_start_ms = time.time() * 1000
        self._started_s = time.monotonic()
        self.origin_ms = self._wall_at_start_ms if origin_ms is None else origin_ms

    def wall_ms(self) -> float:
        return self._wall_at_start_ms + (time.monotonic() - self._started_s) * 1000

    def now_ms(self) -> int:
        return int(self.bench_ms(self.wall_ms()))

    def bench_ms(self, wall_ms: float) -> float:
        """The bench time of a wall time, both ms UTC."""
        return self.origin_ms + (wall_ms - self.origin_ms) * self.rate
