"""Time that has passed, from times that may jump: what only waiting can show (silence, missing data) is counted in it.

A step forward counts for at most MAX_STEP_MS, a step back for nothing: a clock that is set, by a day or by ten years, raises nothing and
clears nothing, and a process that did not run has not waited. So ticks must come at least that often.
"""

MAX_STEP_MS = 120_000


class Age:
    def __init__(self, now_ms: int) -> None:
        self.ms = 0
        self._last_ms = now_ms

    def advance(self, now_ms: int) -> None:
        self.ms += min(max(now_ms - self._last_ms, 0), MAX_STEP_MS)
        self._last_ms = now_ms
