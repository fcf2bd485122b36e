"""From phases to facts: what was told is compared with what is now, so that every raise is told once and every clear is."""

from collections.abc import Iterator

from air.rules import outputs
from air.rules.absence import Completeness, Silence
from air.rules.facts import (
    CONDITION,
    REVISED,
    SCHEDULE,
    Cleared,
    DataAgain,
    DataMissing,
    Fact,
    FasterSampling,
    Judged,
    Raised,
    Subject,
)  # fmt: skip
from air.rules.phase import CLOSED, Phase
from air.rules.rule import Output, Rule
from air.rules.saved import Saved
from air.rules.series import Series

LEAST_WAIT_MS = 300_000  # without data before that is said, where the window is shorter

Key = tuple[int, Subject]
Absence = Silence | Completeness


class FactEmitter:
    def __init__(self) -> None:
        self.revision = 0
        self.outputs: dict[str, Output] = {}
        self._open: dict[Key, tuple[Rule, int]] = {}  # and since when
        self._settled: dict[Key, Phase] = {}
        self._decided_ms: dict[Key, int] = {}  # age at the last judgement with data enough
        self._missing: set[Key] = set()

    def restore(self, rule: Rule, row: Saved) -> None:
        key = (rule.order, row.subject)
        self._settled[key] = row.settled
        if row.told.is_open:
            self._open[key] = (rule, row.told.since_ms)
        if row.is_missing:
            self._missing.add(key)
        self.outputs = outputs.wanted(rule for rule, _ in self._open.values())

    def told(self, key: Key) -> Phase:
        return Phase(True, self._open[key][1]) if key in self._open else CLOSED

    def open_keys(self) -> list[Key]:
        return sorted(self._open)

    def row(self, rule: Rule, subject: Subject) -> Saved:
        key = (rule.order, subject)
        settled = self._settled.get(key, CLOSED)
        return Saved(rule.id, rule.version, rule.severity, subject, settled, self.told(key), key in self._missing)

    def keys(self) -> set[Key]:
        """What is worth saving."""
        return {*self._open, *(key for key, settled in self._settled.items() if settled != CLOSED)}

    def of_series(self, series: Series, age_ms: int) -> Iterator[Fact]:
        """After its data or its calendar changed."""
        key = (series.rule.order, series.subject)
        if series.decided:
            self._decided_ms[key] = age_ms
            if key in self._missing:
                yield self._data_again(series, key)
        self.note_settled(series)
        if series.phase.is_open != (key in self._open):
            why = SCHEDULE if not series.is_in_force else CONDITION if series.was_open else REVISED
            yield from self._turn(series.rule, series.subject, series.phase, why, series.judged(), series.newest_ms or 0)

    def of_absence(self, absence: Absence, now_ms: int) -> Iterator[Fact]:
        key = (absence.rule.order, absence.subject)
        self._note(key, absence.phase)
        if absence.phase.is_open != (key in self._open):
            why = CONDITION if absence.is_in_force else SCHEDULE
            yield from self._turn(absence.rule, absence.subject, absence.phase, why, absence.judged(now_ms), now_ms)

    def of_waiting(self, series: Series, age_ms: int) -> Iterator[Fact]:
        """An open alarm at a tick: whether its data have ended."""
        key = (series.rule.order, series.subject)
        waited_ms = age_ms - self._decided_ms.get(key, 0)
        if key not in self._missing and waited_ms > max(series.rule.window_ms, LEAST_WAIT_MS):
            self._missing.add(key)
            self.revision += 1
            since_ms = self._open[key][1]
            yield DataMissing(series.rule.id, series.rule.version, series.subject, since_ms, series.newest_ms or since_ms)

    def _data_again(self, series: Series, key: Key) -> DataAgain:
        self._missing.discard(key)
        self.revision += 1
        return DataAgain(series.rule.id, series.rule.version, series.subject, self._open[key][1], series.newest_ms or 0)

    def note_settled(self, series: Series) -> None:
        self._note((series.rule.order, series.subject), series.settled)

    def _note(self, key: Key, settled: Phase) -> None:
        if settled != self._settled.get(key, CLOSED):
            self.revision += 1
            if settled == CLOSED:
                del self._settled[key]
            else:
                self._settled[key] = settled

    def _turn(self, rule: Rule, subject: Subject, phase: Phase, why: str, judged: Judged | None, at_ms: int) -> Iterator[Fact]:
        key = (rule.order, subject)
        self.revision += 1
        if phase.is_open:
            assert judged is not None
            self._open[key] = (rule, phase.since_ms)
            yield Raised(rule.id, rule.version, rule.severity, subject, phase.since_ms, judged, rule.hook)
        else:
            _, since_ms = self._open.pop(key)
            self._missing.discard(key)
            self._decided_ms.pop(key, None)
            yield Cleared(rule.id, rule.version, rule.severity, subject, since_ms, at_ms, why, judged, rule.hook)
        before, self.outputs = self.outputs, outputs.wanted(rule for rule, _ in self._open.values())
        yield from outputs.switched(before, self.outputs, rule if phase.is_open else None)
        if phase.is_open and rule.faster is not None:
            yield FasterSampling((subject.node,) if subject.node else tuple(sorted(rule.nodes)), *rule.faster)
