"""The level that a place usually has: a low percentile of the means of a day's steps, up to where the window begins."""

from air.rules.measures import MS, A, Part

STEPS = 96  # a quarter of an hour of a day
LEAST_COVERED = 2  # of the span at least one part in so many must have data: without, there is no baseline and no episode


class Baseline:
    def __init__(self, span_ms: int, percentile: int) -> None:
        self._span_ms = span_ms
        self._step_ms = max(1, span_ms // STEPS)
        self._percentile = percentile
        self._steps: dict[int, tuple[int, int]] = {}  # index -> (time, mean times time)
        self._known: tuple[int, int | None] | None = None

    def add(self, part: Part, end_ms: int, newest_ms: int, keep_ms: int) -> None:
        """`keep_ms`: how far behind the newest data it may be asked."""
        index = end_ms // self._step_ms
        ms, total = self._steps.get(index, (0, 0))
        is_new = ms == 0
        self._steps[index] = (ms + part.sums[MS], total + part.sums[A])
        if self._known is not None and index <= self._known[0]:
            self._known = None
        if is_new:
            oldest = (newest_ms - keep_ms) // self._step_ms - 2
            for old in [step for step in self._steps if step < oldest]:
                del self._steps[old]

    def at(self, start_ms: int) -> int | None:
        """Of the steps that are over when the window begins."""
        last = start_ms // self._step_ms - 1
        if self._known is None or self._known[0] != last:
            self._known = (last, self._percentile_up_to(last))
        return self._known[1]

    def _percentile_up_to(self, last: int) -> int | None:
        steps = [step for index, step in self._steps.items() if last - STEPS < index <= last]
        if LEAST_COVERED * sum(ms for ms, _ in steps) < self._span_ms:
            return None
        means = sorted((2 * total + ms) // (2 * ms) for ms, total in steps)
        return means[(self._percentile * (len(means) - 1) + 50) // 100]
