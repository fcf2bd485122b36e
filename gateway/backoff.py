"""How long to wait after a failure: full jitter (uniform up to a ceiling that doubles), so that many clients never retry in lockstep.
Pure.

The ceiling returns to its first value only after a stable period: a peer that answers once and fails again is not well.
"""

from random import Random


class Backoff:
    def __init__(self, first_s: float, cap_s: float, stable_s: float, random: Random) -> None:
        self._first_s = first_s
        self._cap_s = cap_s
        self._stable_s = stable_s
        self._random = random
        self._ceiling_s = first_s
        self._well_since_s: float | None = None

    def failed(self, now_s: float, at_least_s: float = 0) -> float:
        """Seconds to wait. `at_least_s` is what the other side asked for; the jitter comes on top of it."""
        if self._well_since_s is not None and now_s - self._well_since_s >= self._stable_s:
            self._ceiling_s = self._first_s
        self._well_since_s = None
        delay_s = self._random.uniform(0, self._ceiling_s)
        self._ceiling_s = min(2 * self._ceiling_s, self._cap_s)
        return at_least_s + delay_s

    def succeeded(self, now_s: float) -> None:
        if self._well_since_s is None:
            self._well_since_s = now_s
