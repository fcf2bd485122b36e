"""Periods that end on whole multiples of their length by UTC, and are as long as the steady clock says. Pure.

A clock that jumps moves where a period ends, once; it makes none longer or shorter than it was.
"""


class ReportPeriod:
    def __init__(self, length_ms: int) -> None:
        self._length_ms = length_ms
        self._began_ms = 0
        self._due_ms = 0

    def begin(self, utc_ms: int, steady_ms: int) -> None:
        self._began_ms = steady_ms
        self._due_ms = steady_ms + self._length_ms - utc_ms % self._length_ms

    def left_ms(self, steady_ms: int) -> int:
        return max(0, self._due_ms - steady_ms)

    def passed_ms(self, steady_ms: int) -> int:
        return max(0, steady_ms - self._began_ms)

    def close(self, utc_ms: int, steady_ms: int) -> tuple[int, int]:
        """(its start in UTC, its duration); the next one begins."""
        duration_ms = max(1, steady_ms - self._began_ms)
        self.begin(utc_ms, steady_ms)
        return max(0, utc_ms - duration_ms), duration_ms
