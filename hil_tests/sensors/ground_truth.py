"""What a sensor showed, and when: the truth that a test compares the record with. Knows nothing of how it was sent.

An entry is made when the part forms its reply, after rounding to the wire's resolution and after warm-up or a stuck fault had
their say, but before the line could damage it: the board may have received less than was shown, never something else.
Bounded: the oldest entries make room, and `forgotten` counts them (the default, about 16 MB, keeps 10 hours of one frame in 2.3 s).
"""

import threading
from collections import deque

LIMIT_ENTRIES = 16384
# A value shown just before a period may arrive within it: 32 bytes at 9600 baud, the board's reading loop, a delay on the line.
SLACK_MS = 1000

Entry = tuple[int, dict[str, float]]


class ShownLog:
    """Written by the host's thread, read by a test's."""

    def __init__(self, limit: int = LIMIT_ENTRIES) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)
        self._lock = threading.Lock()
        self.forgotten = 0

    def add(self, t_ms: int, values: dict[str, float]) -> None:
        with self._lock:
            self.forgotten += len(self._entries) == self._entries.maxlen
            self._entries.append((t_ms, values))

    def entries(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)


class GroundTruth:
    """A part with a log of what it showed. `shown` is [(bench time in ms, {quantity key: value in its unit})], oldest first."""

    def __init__(self) -> None:
        self.log = ShownLog()

    @property
    def shown(self) -> list[Entry]:
        return self.log.entries()

    def shown_between(self, t0_ms: float, t1_ms: float, quantity: str, slack_ms: float = SLACK_MS) -> list[float]:
        """Every value that a period [t0, t1] could hold, in order. The caller widens the period by the error of its dates."""
        return [values[quantity] for t_ms, values in self.shown if t0_ms - slack_ms <= t_ms <= t1_ms and quantity in values]
