"""All rules of a site: the same object judges live on the gateway and replays stored reports (history.py).

Here, and nowhere else, is decided what several rules share:

- Isolation. A rule that raises an exception is reported as the fact `RuleFailed`; the others judge the same input, and it judges the next.
- Order. Facts come in the order of the rules in the document, those of one rule as its data gave them; switches of outputs last, by name.
- Outputs. Decided once for each input, when every rule has judged it, by all alarms that are then open (outputs.py).
- What is judged at all: each report once, and none that is history when it comes.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, ParamSpec, TypeVar

from air.rules import outputs, saved
from air.rules.age import Age
from air.rules.calendar import Offset
from air.rules.facts import Cleared, Fact, Raised, Report, RuleFailed
from air.rules.rule import LATENESS_MS, Output, Rule, compile_rule
from air.rules.rule_series import SeriesLimit
from air.rules.saved import Saved
from air.rules.seen import Seen
from air.rules.watch import Site, Watch, begin
from contract.site.alarm_events import RULE_CHANGED

Inputs = ParamSpec("Inputs")
T = TypeVar("T")


class _Name(NamedTuple):
    """Of a rule that is not compiled yet."""

    id: str
    version: int


def is_history(end_ms: int, now_ms: int) -> bool:
    """Whether a report that ended then comes too late, now, for any rule to judge it: it is in the record all the same."""
    return end_ms < now_ms - LATENESS_MS


class RuleSet:
    """`revision` changes whenever `to_json` does. `ignored` counts what was not judged, by reason."""

    def __init__(self, nodes: Iterable[str], offset_ms: Offset, now_ms: int) -> None:
        self.ignored = {"duplicate": 0, "history": 0, "too_late": 0, "doubtful_time": 0, "too_many_series": 0}
        self._nodes = sorted(nodes)
        self._offset_ms = offset_ms
        self._age = Age(now_ms)
        self._seen = Seen()
        self._facts: list[Fact] = []
        self._site = Site(offset_ms, self._emit, self.ignored, SeriesLimit().take)
        self._watches: list[Watch] = []
        self._by_node: dict[str, list[Watch]] = {}
        self._outputs: dict[str, Output] = {}

    @classmethod
    def begin(
        cls, rules: Iterable[dict[str, Any]], nodes: Iterable[str], offset_ms: Offset, saved_rows: list[Any] | None, now_ms: int
    ) -> "tuple[RuleSet, list[Fact]]":
        """`rules` without faults; `nodes`: the ids that the site has, the gateway's own among them if it measures; `offset_ms`: how far the
        site's clocks are ahead of UTC at a time; `saved_rows`: to_json() of an earlier set, None for the first.

        The facts: alarms whose rule is no longer there in that version, or whose node is no longer there; rules that failed. `outputs`
        is what is wanted without them.
        """
        made = cls(nodes, offset_ms, now_ms)
        kept = made._read(saved_rows or [])
        for order, document in enumerate(rules):
            made._begin_rule(document, order, kept.pop(document["id"], []), now_ms)
        for rows in kept.values():
            made._clear(rows, now_ms)
        made._outputs = made._wanted()
        return made, made._take_facts()

    @property
    def concerned(self) -> frozenset[str]:
        """The nodes that some rule is about: a report of another need not even be calibrated."""
        return frozenset(self._by_node)

    def horizon_ms(self, node: str) -> int:
        """How old data may be and still matter."""
        return max((watch.rule.horizon_ms for watch in self._by_node.get(node, ())), default=0)

    @property
    def revision(self) -> int:
        return sum(watch.emitter.revision for watch in self._watches)

    @property
    def outputs(self) -> dict[str, Output]:
        """What every output is to do now, by the alarms that are open; one that is not named is off."""
        return self._outputs

    def to_json(self) -> list[Any]:
        return saved.to_json(self.rows())

    def rows(self) -> list[Saved]:
        """What is open or about to turn."""
        return [row for watch in self._watches for row in watch.emitter.rows()]

    def rebuild(self, report: Report, arrived_ms: int) -> None:
        """A stored report from before the start, in any order: fills windows. Failures are reported by `settle`."""
        watches = self._by_node.get(report.node)
        if watches and not self._is_history(report, arrived_ms) and self._is_new(report):
            for watch in watches:
                self._isolated(watch.rule, watch.rebuild, report)

    def settle(self, now_ms: int, whole_from_ms: int = 0) -> list[Fact]:
        """Ends the rebuilding. There are facts only where the stored reports say otherwise than what was kept.

        `whole_from_ms`: all reports that ended after it were among the stored ones; of windows that began before nothing is reported.
        """
        self._age.advance(now_ms)
        for watch in self._watches:
            self._isolated(watch.rule, watch.settle, self._age.ms, whole_from_ms)
        return self._take_facts()

    def handle(self, report: Report, now_ms: int) -> list[Fact]:
        """One report, when it comes."""
        self._age.advance(now_ms)
        watches = self._by_node.get(report.node)
        if watches is None or self._is_history(report, now_ms):
            return []
        is_new = self._is_new(report)
        for watch in watches:
            self._isolated(watch.rule, watch.handle, report, is_new, now_ms, self._age.ms)
        return self._take_facts()

    def tick(self, now_ms: int) -> list[Fact]:
        """About once a second, at least once a minute."""
        self._age.advance(now_ms)
        local_ms = now_ms + self._offset_ms(now_ms)
        for watch in self._watches:
            self._isolated(watch.rule, watch.tick, now_ms, local_ms, self._age.ms)
        return self._take_facts()

    def _emit(self, fact: Fact) -> None:
        self._facts.append(fact)

    def _read(self, rows: list[Any]) -> dict[str, list[Saved]]:
        """By the rule that they are about."""
        found: dict[str, list[Saved]] = {}
        for row in rows:
            try:
                read = saved.from_json(row)
            except (TypeError, ValueError) as error:
                self._facts.append(RuleFailed(saved.rule_of(row), 0, f"saved state: {error}"))
            else:
                found.setdefault(read.rule, []).append(read)
        return found

    def _begin_rule(self, document: dict[str, Any], order: int, rows: list[Saved], now_ms: int) -> None:
        """With what was saved; where that makes it fail, without. An alarm that no watch takes over is cleared."""
        kept: list[Saved] = []
        rule = self._isolated(_Name(document["id"], document["version"]), compile_rule, document, order)
        if rule is not None:
            nodes = [node for node in self._nodes if not rule.nodes or node in rule.nodes]
            kept = [row for row in rows if row.version == rule.version and (not row.subject.node or row.subject.node in nodes)]
            watch = self._isolated(rule, begin, rule, nodes, self._site, kept)
            if watch is None:
                kept = []
                watch = self._isolated(rule, begin, rule, nodes, self._site, kept)
            if watch is not None:
                self._watches.append(watch)
                for node in nodes:
                    self._by_node.setdefault(node, []).append(watch)
        self._clear([row for row in rows if row not in kept], now_ms)

    def _clear(self, rows: Iterable[Saved], now_ms: int) -> None:
        """Alarms whose rule is no longer there in that version, or no longer about that subject."""
        for row in rows:
            if row.reported.is_open:
                since_ms = row.reported.since_ms
                self._facts.append(Cleared(row.rule, row.version, row.severity, row.subject, since_ms, now_ms, RULE_CHANGED, None, ""))

    def _is_history(self, report: Report, now_ms: int) -> bool:
        if not is_history(report.start_ms + report.duration_ms, now_ms):
            return False
        self.ignored["history"] += 1
        return True

    def _is_new(self, report: Report) -> bool:
        if self._seen.is_new(report.node, report.boot, report.seq):
            return True
        self.ignored["duplicate"] += 1
        return False

    def _isolated(self, rule: "Rule | _Name", judge: Callable[Inputs, T], *inputs: Inputs.args, **named: Inputs.kwargs) -> T | None:
        try:
            return judge(*inputs, **named)
        except Exception as error:  # noqa: BLE001 - the edge of a rule: reported as a fact; the others judge the same input
            self._facts.append(RuleFailed(rule.id, rule.version, f"{type(error).__name__}: {error}"))
            return None

    def _take_facts(self) -> list[Fact]:
        """What the input gave, and how outputs follow from it."""
        facts, self._facts = self._facts, []
        if facts:
            before, self._outputs = self._outputs, self._wanted()
            raised = {fact.rule for fact in facts if isinstance(fact, Raised)}
            again = (watch.rule for watch in self._watches if watch.rule.id in raised)
            facts.extend(outputs.switched(before, self._outputs, again))
        return facts

    def _wanted(self) -> dict[str, Output]:
        return outputs.wanted(watch.rule for watch in self._watches if watch.emitter.is_open)
