"""From phases to facts, for one rule: what was reported is compared with what is now, so that every raise and clear is reported once."""

from collections.abc import Callable

from air.rules.absence import Completeness, Silence
from air.rules.facts import Cleared, DataAgain, DataMissing, Fact, FasterSampling, Judged, Raised, Subject
from air.rules.phase import CLOSED, Phase
from air.rules.rule import Rule
from air.rules.saved import Saved
from air.rules.series import Series
from contract.site.alarm_events import CONDITION, REVISED, SCHEDULE

LEAST_WAIT_MS = 300_000  # without data before that is reported, where the window is shorter

Absence = Silence | Completeness
Emit = Callable[[Fact], None]


class FactEmitter:
    """`revision` changes whenever `rows` do. `emit` takes each fact when the state that it reports has changed."""

    def __init__(self, rule: Rule, emit: Emit) -> None:
        self.revision = 0
        self._rule = rule
        self._emit = emit
        self._open: dict[Subject, int] = {}  # and since when
        self._settled: dict[Subject, Phase] = {}
        self._decided_ms: dict[Subject, int] = {}  # age at the last judgement with data enough
        self._missing: set[Subject] = set()

    def restore(self, row: Saved) -> None:
        self._settled[row.subject] = row.settled
        if row.reported.is_open:
            self._open[row.subject] = row.reported.since_ms
        if row.is_missing:
            self._missing.add(row.subject)

    @property
    def is_open(self) -> bool:
        """Whether the rule has an open alarm, about whatever subject."""
        return bool(self._open)

    def reported(self, subject: Subject) -> Phase:
        return Phase(True, self._open[subject]) if subject in self._open else CLOSED

    def open_subjects(self) -> list[Subject]:
        return sorted(self._open)

    def rows(self) -> list[Saved]:
        """What is worth saving."""
        subjects = {*self._open, *(subject for subject, settled in self._settled.items() if settled != CLOSED)}
        return [self._row(subject) for subject in sorted(subjects)]

    def of_series(self, series: Series, age_ms: int) -> None:
        """After its data or its calendar changed."""
        subject = series.subject
        if series.decided:
            self._decided_ms[subject] = age_ms
            if subject in self._missing:
                self._data_again(series)
        self.record_settled(subject, series.settled)
        if series.phase.is_open != (subject in self._open):
            why = SCHEDULE if not series.is_in_force else CONDITION if series.was_open else REVISED
            self._turn(subject, series.phase, why, series.judged(), series.newest_ms or 0)

    def of_absence(self, absence: Absence, now_ms: int) -> None:
        subject = absence.subject
        self.record_settled(subject, absence.phase)
        if absence.phase.is_open != (subject in self._open):
            why = CONDITION if absence.is_in_force else SCHEDULE
            self._turn(subject, absence.phase, why, absence.judged(now_ms), now_ms)

    def of_waiting(self, series: Series, age_ms: int) -> None:
        """An open alarm at a tick: whether its data have ended."""
        rule, subject = self._rule, series.subject
        waited_ms = age_ms - self._decided_ms.get(subject, 0)
        if subject not in self._missing and waited_ms > max(rule.window_ms, LEAST_WAIT_MS):
            self._missing.add(subject)
            self.revision += 1
            since_ms = self._open[subject]
            self._emit(DataMissing(rule.id, rule.version, subject, since_ms, series.newest_ms or since_ms))

    def record_settled(self, subject: Subject, settled: Phase) -> None:
        if settled != self._settled.get(subject, CLOSED):
            self.revision += 1
            if settled == CLOSED:
                del self._settled[subject]
            else:
                self._settled[subject] = settled

    def _row(self, subject: Subject) -> Saved:
        rule, settled = self._rule, self._settled.get(subject, CLOSED)
        return Saved(rule.id, rule.version, rule.severity, subject, settled, self.reported(subject), subject in self._missing)

    def _data_again(self, series: Series) -> None:
        subject = series.subject
        self._missing.discard(subject)
        self.revision += 1
        self._emit(DataAgain(self._rule.id, self._rule.version, subject, self._open[subject], series.newest_ms or 0))

    def _turn(self, subject: Subject, phase: Phase, why: str, judged: Judged | None, at_ms: int) -> None:
        rule = self._rule
        self.revision += 1
        if phase.is_open:
            assert judged is not None
            self._open[subject] = phase.since_ms
            self._emit(Raised(rule.id, rule.version, rule.severity, subject, phase.since_ms, judged, rule.hook))
            if rule.faster is not None:
                self._emit(FasterSampling((subject.node,) if subject.node else tuple(sorted(rule.nodes)), *rule.faster))
        else:
            since_ms = self._open.pop(subject)
            self._missing.discard(subject)
            self._decided_ms.pop(subject, None)
            self._emit(Cleared(rule.id, rule.version, rule.severity, subject, since_ms, at_ms, why, judged, rule.hook))
