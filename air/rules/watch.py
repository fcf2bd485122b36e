"""One rule at work. Facts go to the emitter; outputs and everything that several rules share is in rule_set.py.

A rule about data has a series for every subject; a silent one waits for reports, a completeness rule for usable values. `now_ms` is UTC,
`local_ms` the same on the site's clocks, `age_ms` time that has passed (age.py).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from air.calibration.apply import Reading
from air.rules import measures
from air.rules.absence import Completeness, Silence
from air.rules.calendar import Offset, in_force
from air.rules.fact_emitter import Emit, FactEmitter
from air.rules.facts import Report, Subject
from air.rules.rule import Rule
from air.rules.rule_series import RuleSeries
from air.rules.saved import Saved
from air.rules.series import Series

FUTURE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Site:
    """What all watches of a site share. `ignored` counts what was not judged, by reason; `takes_series`: whether one more may begin."""

    offset_ms: Offset
    emit: Emit
    ignored: dict[str, int]
    takes_series: Callable[[], bool]


class Watch(Protocol):
    rule: Rule
    emitter: FactEmitter

    def rebuild(self, report: Report) -> None:
        """A stored report from before the start, in any order: fills windows, reports nothing."""

    def settle(self, age_ms: int, whole_from_ms: int) -> None:
        """Ends the rebuilding."""

    def handle(self, report: Report, is_new: bool, now_ms: int, age_ms: int) -> None:
        """A report of one of the rule's nodes; `is_new`: not a duplicate, which breaks a silence and nothing else."""

    def tick(self, now_ms: int, local_ms: int, age_ms: int) -> None: ...


def begin(rule: Rule, nodes: Sequence[str], site: Site, kept: Iterable[Saved]) -> Watch:
    """`nodes`: those of the site that the rule is for. `kept`: what was saved of this version of it, about subjects that it still has."""
    emitter = FactEmitter(rule, site.emit)
    rows = list(kept)
    for row in rows:
        emitter.restore(row)
    if rule.kind == "silent":
        return SilenceWatch(rule, nodes, emitter)
    if rule.kind == "completeness":
        return CompletenessWatch(rule, site, emitter, rows)
    return SeriesWatch(rule, nodes, site, emitter, rows)


class SeriesWatch:
    """Every kind that judges a window of data."""

    def __init__(self, rule: Rule, nodes: Sequence[str], site: Site, emitter: FactEmitter, rows: Iterable[Saved]) -> None:
        self.rule = rule
        self.emitter = emitter
        self._ignored = site.ignored
        self._series = RuleSeries(rule, len(nodes) if rule.is_site else 1, site.offset_ms, site.takes_series)
        for row in rows:
            self._series.begin(row.subject, row.settled)

    def rebuild(self, report: Report) -> None:
        for reading in _readings(self.rule, report):
            self._place(report, reading, report.start_ms + report.duration_ms)
        self._pass(report)

    def settle(self, age_ms: int, whole_from_ms: int) -> None:
        self._series.whole_from(whole_from_ms)
        for series in self._series:
            series.settle_all(self.emitter.reported(series.subject))
            self.emitter.of_series(series, age_ms)

    def handle(self, report: Report, is_new: bool, now_ms: int, age_ms: int) -> None:
        if not is_new:
            return
        for reading in _readings(self.rule, report):
            placed = self._place(report, reading, now_ms)
            if placed is not None:
                series, at, part = placed
                series.judge(at, part)
                self.emitter.of_series(series, age_ms)
        self._pass(report)
        for series in self._series.concerned(report):
            series.settle()
            self.emitter.record_settled(series.subject, series.settled)

    def tick(self, now_ms: int, local_ms: int, age_ms: int) -> None:
        subjects = self.emitter.open_subjects()
        if not subjects:
            return
        is_in_force = in_force(self.rule.schedule, local_ms)
        for series in [series for subject in subjects if (series := self._series.get(subject))]:
            if is_in_force:
                self.emitter.of_waiting(series, age_ms)
            else:
                series.close()
                self.emitter.of_series(series, age_ms)

    def _pass(self, report: Report) -> None:
        for series in self._series.concerned(report):
            series.pass_to(report.start_ms + report.duration_ms)

    def _place(self, report: Report, reading: Reading, now_ms: int) -> tuple[Series, int, measures.Part] | None:
        """Its series, the position there and what was placed; None for what is not judged."""
        rule, ignored = self.rule, self._ignored
        end_ms, duration_ms = report.start_ms + report.duration_ms, max(1, report.duration_ms)
        if 2 * report.error_ms > rule.window_ms:
            ignored["doubtful_time"] += 1
            return None
        under = None
        if rule.kind == "ratio":
            under = next((r for r in report.readings if r.quantity == rule.under and r.slot == reading.slot), None)
        part = measures.part(rule, reading, under, end_ms, duration_ms)
        if part is None:
            return None
        subject = Subject("", -1, reading.quantity) if rule.is_site else Subject(report.node, reading.slot, reading.quantity)
        series = self._series.get_or_begin(subject)
        if series is None:
            ignored["too_many_series"] += 1
            return None
        if series.is_too_late(end_ms):
            if not series.is_beyond(now_ms + FUTURE_MS):
                ignored["too_late"] += 1
                return None
            series.restart()
        return series, series.place(part, end_ms, reading.calibration), part


class SilenceWatch:
    """What was stored says nothing about who is silent now: a start gives everybody the whole time."""

    def __init__(self, rule: Rule, nodes: Sequence[str], emitter: FactEmitter) -> None:
        self.rule = rule
        self.emitter = emitter
        subjects = [Subject(node, rule.slot, rule.quantity) for node in nodes]
        self._silences = {subject.node: Silence(rule, subject, 0, emitter.reported(subject)) for subject in subjects}

    def rebuild(self, report: Report) -> None:
        pass

    def settle(self, age_ms: int, whole_from_ms: int) -> None:
        pass

    def handle(self, report: Report, is_new: bool, now_ms: int, age_ms: int) -> None:
        silence = self._silences[report.node]
        silence.hear(report, age_ms)
        self.emitter.of_absence(silence, now_ms)

    def tick(self, now_ms: int, local_ms: int, age_ms: int) -> None:
        is_in_force = in_force(self.rule.schedule, local_ms)
        for silence in self._silences.values():
            silence.tick(now_ms, age_ms, is_in_force)
            self.emitter.of_absence(silence, now_ms)


class CompletenessWatch:
    def __init__(self, rule: Rule, site: Site, emitter: FactEmitter, rows: Iterable[Saved]) -> None:
        self.rule = rule
        self.emitter = emitter
        self._site = site
        self._found = {row.subject: Completeness(rule, row.subject, row.settled) for row in rows if site.takes_series()}

    def rebuild(self, report: Report) -> None:
        for reading, found in self._concerned(report):
            self._add(found, report, reading, 0)

    def settle(self, age_ms: int, whole_from_ms: int) -> None:
        pass

    def handle(self, report: Report, is_new: bool, now_ms: int, age_ms: int) -> None:
        if not is_new:
            return
        for reading, found in self._concerned(report):
            if found.is_after(now_ms + FUTURE_MS):
                found.restart()
            self._add(found, report, reading, age_ms)

    def tick(self, now_ms: int, local_ms: int, age_ms: int) -> None:
        is_in_force = in_force(self.rule.schedule, local_ms)
        for completeness in self._found.values():
            completeness.tick(now_ms, age_ms, is_in_force)
            self.emitter.of_absence(completeness, now_ms)

    def _concerned(self, report: Report) -> Iterator[tuple[Reading, Completeness]]:
        for reading in _readings(self.rule, report):
            if 2 * report.error_ms > self.rule.window_ms:
                self._site.ignored["doubtful_time"] += 1
                continue
            found = self._get_or_begin(Subject(report.node, reading.slot, reading.quantity))
            if found is not None:
                yield reading, found

    def _get_or_begin(self, subject: Subject) -> Completeness | None:
        found = self._found.get(subject)
        if found is None:
            if not self._site.takes_series():
                self._site.ignored["too_many_series"] += 1
                return None
            found = self._found[subject] = Completeness(self.rule, subject)
        return found

    def _add(self, found: Completeness, report: Report, reading: Reading, age_ms: int) -> None:
        found.add(reading, report.start_ms + report.duration_ms, max(1, report.duration_ms), age_ms)


def _readings(rule: Rule, report: Report) -> list[Reading]:
    quantity, slot = rule.quantity, rule.slot
    return [reading for reading in report.readings if reading.quantity == quantity and slot in (-1, reading.slot)]
