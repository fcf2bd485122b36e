"""One rule about one subject: its data, and whether the alarm is open. What comes out depends on the data, not on their order.

A judgement is made at every step of the data's time, and each starts from the phase after the step before. Late data change the sums of
their step; everything from there on is judged again. What is older than the lateness of the rule is settled and not touched again: it
counts from the newest report of the nodes, whether or not that one had a value for the rule.
"""

from bisect import bisect_left

from air.calibration.apply import Name
from air.rules import calendar, measures
from air.rules.baseline import Baseline
from air.rules.cells import Cells, Sliding
from air.rules.facts import Judged, Subject
from air.rules.measures import EXTRAPOLATED_MS, MS, N, Part, Verdict
from air.rules.phase import CLOSED, Phase, step
from air.rules.rule import Rule

MAX_CALIBRATIONS = 8


class Series:
    """`sources`: nodes that fill the window together. `settled`: the phase at the point that late data cannot reach any more."""

    def __init__(self, rule: Rule, subject: Subject, sources: int, offset_ms: calendar.Offset, settled: Phase = CLOSED) -> None:
        self.rule = rule
        self.subject = subject
        self.settled = settled
        self.whole_from_ms = 0  # what reports said of the time before is not known
        self.decided = False  # whether the newest judgement had data enough
        self.is_in_force = True
        self._sources = sources
        self._offset_ms = offset_ms
        self._begin()

    def _begin(self) -> None:
        rule = self.rule
        self._cells = Cells(rule.step_ms)
        self._window = Sliding(self._cells, rule.window_ms, rule.kind == "stuck" or rule.statistic == "max")
        self._phases: list[Phase] = []  # after each cell; before the first judged one: what is settled
        self._judged_from = 0  # position of the first cell that is not settled
        self._passed_ms = 0  # end of the newest report
        self._settled_below: int | None = None  # steps below this index take nothing any more
        self._baseline = Baseline(rule.baseline_ms, rule.percentile) if rule.kind == "episode" else None
        self._verdict = measures.UNKNOWN
        self._calibrations: dict[Name, int] = {}

    @property
    def newest_ms(self) -> int | None:
        return self._cells.cells[-1].end_ms if self._cells.cells else None

    @property
    def phase(self) -> Phase:
        return self._phases[-1] if self._phases else self.settled

    @property
    def was_open(self) -> bool:
        """Before the newest judgement."""
        return (self._phases[-2] if len(self._phases) > 1 else self.settled).is_open

    def is_too_late(self, end_ms: int) -> bool:
        return self._settled_below is not None and end_ms // self.rule.step_ms < self._settled_below

    def is_beyond(self, utc_ms: int) -> bool:
        """Whether a report came from after that time."""
        return self._passed_ms > utc_ms

    def pass_to(self, end_ms: int) -> None:
        """A report of the nodes ends then; without judging or settling."""
        self._passed_ms = max(self._passed_ms, end_ms)

    def place(self, part: Part, end_ms: int, calibration: Name | None) -> int:
        """Without judging; answers the position."""
        at = self._cells.place(part, end_ms)
        if at == len(self._phases):
            self._phases.append(self.phase)
        elif len(self._phases) < len(self._cells.cells):
            self._phases.insert(at, CLOSED)  # judged again at once, or when the rebuilding ends
        if self._baseline is not None:
            newest_ms = self._cells.cells[-1].end_ms
            self._baseline.add(part, end_ms, newest_ms, self.rule.horizon_ms)
        if calibration is not None:
            self._record(calibration, end_ms)
        return at

    def judge(self, at: int, part: Part) -> None:
        """What was placed at that position, and all that follows from it."""
        last = len(self._cells.cells) - 1
        if at == last and self._window.last == last - 1:
            self._window.advance()
            self._judge_here()
        elif at == last == self._window.last:
            self._window.grow(part.sums)
            self._judge_here()
        else:
            self._judge_from(at)

    def settle_all(self, reported: Phase) -> None:
        """After rebuilding: judges what late data could still change. `reported`: by the facts so far; it stays where the data that
        are there do not suffice to say otherwise."""
        self._settled_below = self._limit()
        at = bisect_left(self._cells.indexes, self._settled_below)
        if at < len(self._cells.cells) and not self._is_whole(self._cells.cells[at].end_ms):
            self.settled = reported
        self._phases[:at] = [self.settled] * at
        self._judged_from = at
        last = len(self._cells.cells) - 1
        if last >= 0:
            self._judge_from(min(at, last))
        if at > last >= 0:
            self._phases[last] = self.settled  # judged for its numbers only
        if not self.decided and self.phase.is_open != reported.is_open:
            self._settle_as(reported)

    def restart(self) -> None:
        """After data with timestamps in the future: windows begin anew, the phase stays as it is."""
        self.settled = self.phase._replace(turning_ms=None)
        self._begin()

    def close(self) -> None:
        """By the calendar, though no data say so: all that is known so far is settled."""
        self._settle_as(CLOSED)
        self.is_in_force = False

    def _settle_as(self, phase: Phase) -> None:
        self._phases = [phase] * len(self._phases)
        self.settled = phase
        self._judged_from = len(self._phases)
        if self._cells.indexes:
            self._settled_below = max(self._limit(), self._cells.indexes[-1] + 1)

    def _judge_from(self, at: int) -> None:
        self._window.move_to(at)
        self._judge_here()
        for _ in range(at + 1, len(self._cells.cells)):
            self._window.advance()
            self._judge_here()

    def _judge_here(self) -> None:
        at = self._window.last
        before = self._phases[at - 1] if at > self._judged_from else self.settled
        end_ms = self._cells.cells[at].end_ms
        rule = self.rule
        if at == 0 or end_ms - self._cells.cells[at - 1].end_ms > rule.window_ms:
            before = before._replace(turning_ms=None)  # in between nothing was known
        self.is_in_force = not rule.schedule or calendar.in_force(rule.schedule, end_ms + self._offset_ms(end_ms))
        self._verdict = found = self._judgement()
        if not self.is_in_force:
            self._phases[at] = CLOSED
        elif before.is_open:
            self._phases[at] = step(before, end_ms, found.wants_clear, rule.clear_hold_ms)
        else:
            self._phases[at] = step(before, end_ms, found.wants_raise, rule.hold_ms)

    def _judgement(self) -> Verdict:
        rule, window = self.rule, self._window
        self.decided = self._share() >= rule.least_share and self._is_whole(self._cells.cells[window.last].end_ms)
        if not self.decided:
            return measures.UNKNOWN
        high, low = window.extremes()
        baseline = None
        if self._baseline is not None:
            baseline = self._baseline.at(self._cells.cells[window.last].end_ms - rule.window_ms)
            self.decided = baseline is not None
        return measures.verdict(rule, window.sums, high, low, baseline)

    def _share(self) -> int:
        return min(100, 100 * self._window.sums[MS] // (self.rule.window_ms * self._sources))

    def _is_whole(self, end_ms: int) -> bool:
        """Whether all of a window that ends then is known."""
        return end_ms - self.rule.window_ms >= self.whole_from_ms

    def _limit(self) -> int:
        """The step from which on late data are still taken."""
        return (self._passed_ms - self.rule.lateness_ms) // self.rule.step_ms

    def settle(self) -> None:
        """What is too old by now for late data to change it."""
        limit = self._limit()
        if self._settled_below is not None and limit <= self._settled_below:
            return
        self._settled_below = limit
        indexes = self._cells.indexes
        at = self._judged_from
        while at < len(indexes) and indexes[at] < limit:
            at += 1
        if at > self._judged_from:
            self.settled = self._phases[at - 1]
            self._judged_from = at
        gone = self._cells.trim(min(limit, indexes[-1]) - self.rule.window_ms // self.rule.step_ms - 2) if indexes else 0
        if gone:
            del self._phases[:gone]
            self._judged_from -= gone
            self._window.first -= gone
            self._window.last -= gone

    def _record(self, calibration: Name, end_ms: int) -> None:
        known = self._calibrations
        known[calibration] = max(end_ms, known.get(calibration, end_ms))
        if len(known) > MAX_CALIBRATIONS:
            del known[min(known, key=lambda name: (known[name], name))]

    def judged(self) -> Judged | None:
        """The numbers of the newest judgement; None before there are data."""
        if self._window.last < 0:
            return None
        sums, rule = self._window.sums, self.rule
        at_ms = self._cells.cells[-1].end_ms
        start_ms = at_ms - rule.window_ms
        calibrations = tuple(sorted(name for name, end_ms in self._calibrations.items() if end_ms > start_ms))
        extrapolated = 100 * sums[EXTRAPOLATED_MS] // max(1, sums[MS])
        return Judged(
            at_ms, self._verdict.value, self._verdict.limit, rule.scale, rule.unit, rule.window_ms, self._share(), sums[N],
            extrapolated, calibrations,
        )  # fmt: skip
