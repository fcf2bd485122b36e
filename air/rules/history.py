"""The same rules over stored reports: what would have been reported, for a preview or a question years later."""

from collections.abc import Iterable, Iterator
from typing import Any

from air.rules.calendar import Offset
from air.rules.facts import Fact, Report
from air.rules.rule_set import RuleSet

TICK_MS = 60_000


def replay(
    rules: Iterable[dict[str, Any]], nodes: Iterable[str], offset_ms: Offset, arrivals: Iterable[tuple[int, Report]]
) -> Iterator[Fact]:
    """`arrivals`: (when it arrived, report), in that order. Time passes between them, in ticks of a minute.

    Where it is not known when a report arrived, the end of its period stands for it: then nothing is late.
    """
    rule_set: RuleSet | None = None
    tick_ms = 0
    for arrived_ms, report in arrivals:
        if rule_set is None:
            tick_ms = arrived_ms
            rule_set, facts = RuleSet.begin(rules, nodes, offset_ms, None, tick_ms)
            yield from facts
        while tick_ms + TICK_MS <= arrived_ms:
            tick_ms += TICK_MS
            yield from rule_set.tick(tick_ms)
        yield from rule_set.handle(report, max(tick_ms, arrived_ms))
