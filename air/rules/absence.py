"""What shows only by waiting: a silent node or channel, and data that are too few. Judged at ticks, in time that has passed (age.py)."""

from air.calibration.apply import Reading
from air.rules.cells import Cells
from air.rules.facts import Judged, Report, Subject
from air.rules.measures import MS, N, Part
from air.rules.phase import CLOSED, Phase, step
from air.rules.rule import PERCENT_SCALE, Rule
from contract import quality

_JUDGEMENTS = 120  # of completeness, in one window


def speaks(rule: Rule, report: Report) -> bool:
    """Whether the report breaks the silence that the rule watches: any report, or a usable value of its channel."""
    return rule.quantity == 0 or any(_is_usable(rule, reading) for reading in report.readings)


def _is_usable(rule: Rule, reading: Reading) -> bool:
    return (
        reading.quantity == rule.quantity
        and rule.slot in (-1, reading.slot)
        and reading.mean is not None
        and reading.quality in quality.USABLE
    )


class Silence:
    """`heard`: age at which the subject was heard last, at first that of the start: a new start gives everybody the whole time."""

    def __init__(self, rule: Rule, subject: Subject, age_ms: int, phase: Phase) -> None:
        self.rule = rule
        self.subject = subject
        self.phase = phase
        self.is_in_force = True
        self._heard_ms = age_ms
        self._waited_ms = 0

    def hear(self, report: Report, age_ms: int) -> None:
        if speaks(self.rule, report):
            self._heard_ms = age_ms
            self._waited_ms = 0
            self.phase = CLOSED

    def tick(self, now_ms: int, age_ms: int, is_in_force: bool) -> None:
        self.is_in_force = is_in_force
        self._waited_ms = age_ms - self._heard_ms
        if not is_in_force:
            self.phase = CLOSED
        elif not self.phase.is_open and self._waited_ms >= self.rule.window_ms:
            self.phase = Phase(True, now_ms - self._waited_ms)

    def judged(self, now_ms: int) -> Judged:
        rule = self.rule
        return Judged(now_ms, self._waited_ms // 1000, rule.raise_at, 1, rule.unit, rule.window_ms, 0, 0, 0, ())


class Completeness:
    """The share of a window that usable values cover. The window ends with the newest report, or later when the next one is overdue;
    nothing is judged before a whole window has been seen."""

    def __init__(self, rule: Rule, subject: Subject, phase: Phase = CLOSED) -> None:
        self.rule = rule
        self.subject = subject
        self.phase = phase
        self.is_in_force = True
        self._cells = Cells(rule.step_ms)
        self._seen_from_ms: int | None = None
        self._newest_ms = 0
        self._newest_age_ms = 0
        self._period_ms = 0
        self._due_age_ms = 0
        self._share = 0
        self._n = 0

    def add(self, reading: Reading, end_ms: int, duration_ms: int, age_ms: int) -> None:
        is_usable = reading.mean is not None and reading.quality in quality.USABLE
        covered_ms = duration_ms if is_usable else 0
        if self._seen_from_ms is None:
            self._seen_from_ms = end_ms - duration_ms
        if end_ms > self._newest_ms:
            self._newest_ms, self._newest_age_ms, self._period_ms = end_ms, age_ms, duration_ms
        if end_ms > self._newest_ms - self.rule.window_ms:
            self._cells.place(Part((covered_ms, 0, 0, reading.n if is_usable else 0, 0, 0, 0, 0), 0, 0), end_ms)
            self._cells.trim((self._newest_ms - self.rule.window_ms) // self.rule.step_ms)

    def restart(self) -> None:
        """After data with timestamps in the future: the window begins anew, the alarm stays as it is."""
        self._cells = Cells(self.rule.step_ms)
        self._seen_from_ms = None
        self._newest_ms = 0

    def is_after(self, now_ms: int) -> bool:
        return self._newest_ms > now_ms

    def tick(self, now_ms: int, age_ms: int, is_in_force: bool) -> None:
        self.is_in_force = is_in_force
        rule = self.rule
        overdue_ms = max(0, age_ms - self._newest_age_ms - 2 * self._period_ms)
        at_ms = self._newest_ms + overdue_ms
        if not is_in_force:
            self.phase = CLOSED
            return
        if self._seen_from_ms is None or self._seen_from_ms > at_ms - rule.window_ms or age_ms < self._due_age_ms:
            return
        self._due_age_ms = age_ms + rule.window_ms // _JUDGEMENTS
        covered_ms, self._n = self._covered(at_ms - rule.window_ms)
        self._share = min(100 * PERCENT_SCALE, 100 * PERCENT_SCALE * covered_ms // rule.window_ms)
        if self.phase.is_open:
            wants_turn = self._share >= rule.clear_at and self._share >= rule.raise_at
            self.phase = step(self.phase, at_ms, wants_turn, rule.clear_hold_ms)
        else:
            self.phase = step(self.phase, at_ms, self._share < rule.raise_at, rule.hold_ms)

    def _covered(self, start_ms: int) -> tuple[int, int]:
        cells = [cell for cell in self._cells.cells if cell.end_ms > start_ms]
        return sum(cell.sums[MS] for cell in cells), sum(cell.sums[N] for cell in cells)

    def judged(self, now_ms: int) -> Judged:
        rule = self.rule
        share = self._share // PERCENT_SCALE
        return Judged(now_ms, self._share, rule.raise_at, rule.scale, rule.unit, rule.window_ms, share, self._n, 0, ())
