"""All the rules of a site at work. See the package for how it is used."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from air.calibration.apply import Reading
from air.rules import measures, saved
from air.rules.absence import Completeness, Silence
from air.rules.age import Age
from air.rules.calendar import Offset, in_force
from air.rules.fact_emitter import FactEmitter, Key
from air.rules.facts import RULE_CHANGED, Cleared, Fact, Report, Subject
from air.rules.phase import CLOSED
from air.rules.rule import Output, Rule, compile_rule
from air.rules.saved import Saved
from air.rules.seen import Seen
from air.rules.series import Series
from air.rules.site_series import MAX_SERIES, SiteSeries

FUTURE_MS = 60_000

Judge = Callable[[Series, int, measures.Part], None]


class Watch:
    """`revision` changes whenever `to_json` does. `ignored` counts what was not judged, by reason.

    `nodes`: the ids that the site has, the gateway's own among them if it measures.
    """

    def __init__(self, rules: Sequence[Rule], nodes: Sequence[str], offset_ms: Offset, kept: dict[Key, Saved], now_ms: int) -> None:
        self.ignored = {"duplicate": 0, "too_late": 0, "doubtful_time": 0, "too_many_series": 0}
        self._offset_ms = offset_ms
        self._rules = list(rules)
        self._age = Age(now_ms)
        self._seen = Seen()
        self._teller = FactEmitter()
        self._series = SiteSeries(self._sources_of, offset_ms)
        self._silences: dict[str, list[Silence]] = {}
        self._completeness: dict[tuple[int, Subject], Completeness] = {}
        self._sources = {rule.order: sum(not rule.nodes or node in rule.nodes for node in nodes) for rule in rules}
        self._by_node = {node: mine for node in nodes if (mine := [rule for rule in rules if not rule.nodes or node in rule.nodes])}
        self._plans = {node: _plan(mine) for node, mine in self._by_node.items()}
        self._restore(kept)

    @classmethod
    def begin(
        cls, rules: Iterable[dict[str, Any]], nodes: Iterable[str], offset_ms: Offset, saved_rows: list[Any] | None, now_ms: int
    ) -> "tuple[Watch, list[Fact]]":
        """`rules` without faults; `offset_ms` tells how far the site's clocks are ahead of UTC at a time. The facts: alarms whose rule is
        no longer there in that version, or whose node is no longer there; `outputs` says what is wanted without them."""
        compiled = [compile_rule(rule, order) for order, rule in enumerate(rules)]
        known = sorted(nodes)
        by_name = {(rule.id, rule.version): rule for rule in compiled}
        kept: dict[Key, Saved] = {}
        facts: list[Fact] = []
        for row in saved.from_json(saved_rows or []):
            rule = by_name.get((row.rule, row.version))
            if rule is not None and _is_about(rule, row.subject, known):
                kept[rule.order, row.subject] = row
            elif row.told.is_open:
                since_ms = row.told.since_ms
                facts.append(Cleared(row.rule, row.version, row.severity, row.subject, since_ms, now_ms, RULE_CHANGED, None, ""))
        return cls(compiled, known, offset_ms, kept, now_ms), facts

    def concerns(self, node: str) -> bool:
        return node in self._by_node

    def horizon_ms(self, node: str) -> int:
        """How old data may be and still matter."""
        return max((rule.horizon_ms for rule in self._by_node.get(node, ())), default=0)

    @property
    def revision(self) -> int:
        return self._teller.revision

    @property
    def outputs(self) -> dict[str, Output]:
        """What every output is to do now, by the alarms that are open; one that is not named is off."""
        return self._teller.outputs

    def to_json(self) -> list[Any]:
        return saved.to_json([self._teller.row(self._rules[order], subject) for order, subject in sorted(self._teller.keys())])

    def rebuild(self, report: Report, arrived_ms: int) -> None:
        """A stored report from before the start, in any order: fills windows, tells nothing."""
        del arrived_ms  # the age of what was stored says nothing about who is silent now
        self._take(report, lambda series, at, part: None, report.start_ms + report.duration_ms)

    def settle(self, now_ms: int, whole_from_ms: int = 0) -> list[Fact]:
        """Ends the rebuilding. There are facts only where the stored reports say otherwise than what was kept.

        `whole_from_ms`: all reports that ended after it were among the stored ones; of windows that began before nothing is said.
        """
        facts: list[Fact] = []
        self._age.advance(now_ms)
        self._series.whole_from(whole_from_ms)
        for series in self._series:
            series.settle_all(self._teller.told((series.rule.order, series.subject)))
            facts.extend(self._teller.of_series(series, self._age.ms))
        return facts

    def handle(self, report: Report, now_ms: int) -> list[Fact]:
        self._age.advance(now_ms)
        if report.node not in self._by_node:
            return []
        facts: list[Fact] = []
        for silence in self._silences.get(report.node, ()):
            silence.hear(report, self._age.ms)
            facts.extend(self._teller.of_absence(silence, now_ms))

        def judge(series: Series, at: int, part: measures.Part) -> None:
            series.judge(at, part)
            facts.extend(self._teller.of_series(series, self._age.ms))

        self._take(report, judge, now_ms)
        for series in self._series.concerned(report):
            series.settle()
            self._teller.note_settled(series)
        return facts

    def tick(self, now_ms: int) -> list[Fact]:
        self._age.advance(now_ms)
        local_ms = now_ms + self._offset_ms(now_ms)
        facts: list[Fact] = []
        silences = (silence for of_node in self._silences.values() for silence in of_node)
        absences: list[Silence | Completeness] = [*silences, *self._completeness.values()]
        for absence in absences:
            absence.tick(now_ms, self._age.ms, in_force(absence.rule.schedule, local_ms))
            facts.extend(self._teller.of_absence(absence, now_ms))
        for series in [series for key in self._teller.open_keys() if (series := self._series.get(key))]:
            if in_force(series.rule.schedule, local_ms):
                facts.extend(self._teller.of_waiting(series, self._age.ms))
            else:
                series.close()
                facts.extend(self._teller.of_series(series, self._age.ms))
        return facts

    def _restore(self, kept: dict[Key, Saved]) -> None:
        for node, mine in self._by_node.items():
            for rule in mine:
                if rule.kind == "silent":
                    subject = Subject(node, rule.slot, rule.quantity)
                    row = kept.get((rule.order, subject))
                    self._silences.setdefault(node, []).append(Silence(rule, subject, self._age.ms, CLOSED if row is None else row.told))
        for key, row in kept.items():
            rule = self._rules[key[0]]
            self._teller.restore(rule, row)
            if rule.kind == "completeness":
                self._completeness[key] = Completeness(rule, row.subject, row.settled)
            elif rule.kind != "silent":
                self._series.begin(rule, row.subject, row.settled)

    def _sources_of(self, rule: Rule) -> int:
        return self._sources[rule.order] if rule.is_site else 1

    def _take(self, report: Report, judge: Judge, now_ms: int) -> None:
        if not self._seen.is_new(report.node, report.boot, report.seq):
            self.ignored["duplicate"] += 1
            return
        plan = self._plans.get(report.node, {})
        for reading in report.readings:
            for rule in plan.get(reading.quantity, ()):
                if rule.slot not in (-1, reading.slot):
                    continue
                if 2 * report.error_ms > rule.window_ms:
                    self.ignored["doubtful_time"] += 1
                elif rule.kind == "completeness":
                    self._complete(rule, report, reading, now_ms)
                else:
                    self._place(rule, report, reading, judge, now_ms)
        for series in self._series.concerned(report):
            series.pass_to(report.start_ms + report.duration_ms)

    def _place(self, rule: Rule, report: Report, reading: Reading, judge: Judge, now_ms: int) -> None:
        end_ms, duration_ms = report.start_ms + report.duration_ms, max(1, report.duration_ms)
        under = None
        if rule.kind == "ratio":
            under = next((r for r in report.readings if r.quantity == rule.under and r.slot == reading.slot), None)
        part = measures.part(rule, reading, under, end_ms, duration_ms)
        if part is None:
            return
        subject = Subject("", -1, reading.quantity) if rule.is_site else Subject(report.node, reading.slot, reading.quantity)
        series = self._series.get_or_begin(rule, subject)
        if series is None:
            self.ignored["too_many_series"] += 1
            return
        if series.is_too_late(end_ms):
            if not series.is_beyond(now_ms + FUTURE_MS):
                self.ignored["too_late"] += 1
                return
            series.restart()
        judge(series, series.place(part, end_ms, reading.calibration), part)

    def _complete(self, rule: Rule, report: Report, reading: Reading, now_ms: int) -> None:
        subject = Subject(report.node, reading.slot, reading.quantity)
        key = (rule.order, subject)
        found = self._completeness.get(key)
        if found is None:
            if len(self._completeness) >= MAX_SERIES:
                self.ignored["too_many_series"] += 1
                return
            found = self._completeness[key] = Completeness(rule, subject)
        if found.is_after(now_ms + FUTURE_MS):
            found.restart()
        found.add(reading, report.start_ms + report.duration_ms, max(1, report.duration_ms), self._age.ms)


def _plan(rules: Sequence[Rule]) -> dict[int, list[Rule]]:
    """The rules that look at readings, by quantity."""
    plan: dict[int, list[Rule]] = {}
    for rule in rules:
        if rule.kind != "silent":
            plan.setdefault(rule.quantity, []).append(rule)
    return plan


def _is_about(rule: Rule, subject: Subject, nodes: Sequence[str]) -> bool:
    return subject.node == "" or (subject.node in nodes and (not rule.nodes or subject.node in rule.nodes))
