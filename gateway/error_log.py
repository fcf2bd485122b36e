"""The last errors of the process, in memory until the store saves them. Knows no file and no clock."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from gateway.counters import Counters


@dataclass(frozen=True)
class ErrorLine:
    at_ms: int
    place: str
    text: str


class ErrorLog:
    """The last errors, until they are saved, dated by the clock of the site. Full: the oldest goes, counted."""

    def __init__(self, limit: int, counters: Counters, utc_ms: Callable[[], int]) -> None:
        self.limit = limit
        self._counters = counters
        self._utc_ms = utc_ms
        self._lines: deque[ErrorLine] = deque()

    def add(self, place: str, text: str) -> None:
        if len(self._lines) >= self.limit:
            self._lines.popleft()
            self._counters.add("errors.forgotten")
        self._lines.append(ErrorLine(self._utc_ms(), place, text[:500]))

    @property
    def waiting(self) -> int:
        return len(self._lines)

    def pop_all(self) -> list[ErrorLine]:
        lines = list(self._lines)
        self._lines.clear()
        return lines
