"""All rules of the site, each in a watch of its own (air.rules), so that the fault of one costs no other rule its reports.
Pure.

(reports and ticks, now) -> facts; outputs are told apart from them, for all rules together
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from air.rules import outputs, saved
from air.rules.facts import Fact, Raised, Report, Switched
from air.rules.rule import LATENESS_MS, Output, Rule, compile_rule
from air.rules.watch import Watch
from contract import quantities

LATE_MS = LATENESS_MS  # what is older than this is history: never judged on the spot
_RULE = 0  # column of a row of Watch.to_json: the rule's id

Offset = Callable[[int], int]


class _Watched(NamedTuple):
    rule: Rule
    watch: Watch


class Watches:
    """`begin_facts`: of alarms whose rule is no longer there."""

    def __init__(self, rules: list[dict[str, Any]], nodes: list[str], offset_ms: Offset, rows: list[Any], now_ms: int) -> None:
        self._faults: list[str] = []
        self._switched: dict[str, Output] = {}
        self._nodes = nodes
        self._watched: list[_Watched] = []
        self.begin_facts: list[Fact] = []

        def begin(mine: list[dict[str, Any]], open_rows: list[Any]) -> Watch:
            watch, facts = Watch.begin(mine, nodes, offset_ms, open_rows, now_ms)
            self.begin_facts += facts
            return watch

        for order, rule in enumerate(rules):
            known = [row for row in rows if row[_RULE] == rule["id"]]
            watch = self._try_first(rule["id"], partial(begin, [rule], known), partial(begin, [rule], []))
            if watch is not None:
                self._watched.append(_Watched(compile_rule(rule, order), watch))
        names = {rule["id"] for rule in rules}
        self._try_first("that is gone", partial(begin, [], [row for row in rows if row[_RULE] not in names]))
        self._of_node = {node: found for node in nodes if (found := [w for w in self._watched if w.watch.concerns(node)])}

    @property
    def concerned(self) -> frozenset[str]:
        return frozenset(self._of_node)

    @property
    def revision(self) -> int:
        return sum(watched.watch.revision for watched in self._watched)

    @property
    def outputs(self) -> dict[str, Output]:
        """What every output is to do now; one that is not named is off."""
        return outputs.wanted(watched.rule for watched in self._watched if watched.watch.outputs)

    def horizon_ms(self, node: str) -> int:
        """How old data may be and still matter to what is judged."""
        return max((watched.watch.horizon_ms(node) for watched in self._of_node.get(node, ())), default=0)

    def to_json(self) -> list[Any]:
        return [row for watched in self._watched for row in watched.watch.to_json()]

    def open_alarms(self) -> list[dict[str, Any]]:
        """For people: which rule, about what, and since when."""
        return [
            {
                "rule": row.rule,
                "severity": row.severity,
                "node": row.subject.node,
                "slot": row.subject.slot,
                "quantity": quantities.key(row.subject.quantity) if row.subject.quantity else "",
                "since_ms": row.told.since_ms,
                "data_missing": row.is_missing,
            }
            for row in saved.from_json(self.to_json())
            if row.told.is_open
        ]

    def switches(self, facts: Iterable[Fact]) -> list[Switched]:
        """What outputs are to do otherwise after these facts than at the last call; at the first one: all that are to be on."""
        before, self._switched = self._switched, self.outputs
        raised = {fact.rule for fact in facts if isinstance(fact, Raised)}
        found: dict[str, Switched] = {}
        for rule in [None, *(watched.rule for watched in self._watched if watched.rule.id in raised)]:
            found |= {one.output: one for one in outputs.switched(before, self._switched, rule)}
        return list(found.values())

    def take_faults(self) -> list[str]:
        faults, self._faults = self._faults, []
        return faults

    def rebuild(self, report: Report, arrived_ms: int) -> None:
        def fill(watch: Watch) -> list[Fact]:
            watch.rebuild(report, arrived_ms)
            return []

        self._all(self._of_node.get(report.node, ()), fill)

    def settle(self, now_ms: int, whole_from_ms: int) -> list[Fact]:
        return self._all(self._watched, lambda watch: watch.settle(now_ms, whole_from_ms))

    def handle(self, report: Report, now_ms: int) -> list[Fact]:
        return self._all(self._of_node.get(report.node, ()), lambda watch: watch.handle(report, now_ms))

    def tick(self, now_ms: int) -> list[Fact]:
        return self._all(self._watched, lambda watch: watch.tick(now_ms))

    def _try_first(self, name: str, *beginnings: Callable[[], Watch]) -> Watch | None:
        """With what was open; when that cannot be read, such as that of another version, without."""
        for begin in beginnings:
            try:
                return begin()
            except Exception as error:  # noqa: BLE001 - the edge of a rule, as below
                self._faults.append(f"rule {name} does not begin: {type(error).__name__}: {error}")
        return None

    def _all(self, watched: Iterable[_Watched], ask: Callable[[Watch], list[Fact]]) -> list[Fact]:
        facts: list[Fact] = []
        for one in watched:
            facts += self._try(one, ask)
        # A watch of one rule knows nothing of the others that share its outputs.
        return [fact for fact in facts if not isinstance(fact, Switched)]

    def _try(self, watched: _Watched, ask: Callable[[Watch], list[Fact]]) -> list[Fact]:
        try:
            return ask(watched.watch)
        except Exception as error:  # noqa: BLE001 - the edge of a rule: counted and told by whoever takes the faults
            self._faults.append(f"rule {watched.rule.id} version {watched.rule.version}: {type(error).__name__}: {error}")
            return []
