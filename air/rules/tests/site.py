"""A site to try rules on: one line per report, one line per fact."""

from collections.abc import Iterable, Sequence
from typing import Any

from air.calibration.apply import plain
from air.rules.facts import Cleared, DataAgain, DataMissing, Fact, FasterSampling, Raised, Report, RuleFailed, Switched
from air.rules.rule_set import RuleSet
from contract import quality
from contract.quantities import ID, scale
from contract.site.rules import faults

T0_MS = 1_800_000_000_000  # a Friday, 08:00 UTC
PERIOD_MS = 10_000
PM2_5 = ID["pm2_5_atm"]
PM10 = ID["pm10_atm"]


def watch(rules: Sequence[dict[str, Any]], nodes: Iterable[str] = ("n1",), ahead_ms: int = 0, saved: list[Any] | None = None) -> RuleSet:
    assert faults(list(rules)) == []
    made, facts = RuleSet.begin(rules, nodes, lambda utc_ms: ahead_ms, saved, T0_MS)
    assert facts == []
    return made


def level(**keys: Any) -> dict[str, Any]:
    """PM2.5 over a minute, above 150."""
    return {"id": "pm", "version": 1, "kind": "level", "quantity": "pm2_5_atm", "window_s": 60, "raise": 150, **keys}


def channel(value: float | None, quantity: int = PM2_5, code: int = quality.OK, slot: int = 0) -> list[int]:
    if value is None:
        return [slot, quantity, code if code != quality.OK else quality.NO_REPLY, 0]
    scaled = round(value * scale(quantity))
    return [slot, quantity, code, 10, scaled, scaled, scaled]


def report(
    number: int,
    *channels: list[int],
    node: str = "n1",
    boot: str = "b",
    start_ms: int | None = None,
    duration_ms: int = PERIOD_MS,
    error_ms: int = 50,
) -> Report:
    """The number'th of its boot, a period later than the one before."""
    began_ms = T0_MS + number * PERIOD_MS if start_ms is None else start_ms
    return Report(node, boot, number, began_ms, duration_ms, error_ms, tuple(plain(row) for row in channels))


def values(series: Iterable[float | None], quantity: int = PM2_5, first: int = 0) -> list[Report]:
    """One report for every value; None: a report without one."""
    return [report(number, channel(value, quantity)) for number, value in enumerate(series, first)]


def live(to: RuleSet, reports: Iterable[Report]) -> list[Fact]:
    """Each one as it comes in, at the end of its period."""
    return [fact for one in reports for fact in to.handle(one, one.start_ms + one.duration_ms)]


def told(facts: Iterable[Fact]) -> list[str]:
    """Short, with seconds since the beginning."""
    return [_line(fact) for fact in facts]


def _line(fact: Fact) -> str:
    if isinstance(fact, Raised):
        return f"{_s(fact.judged.at_ms)} raise {fact.rule} {fact.subject.node} since {_s(fact.since_ms)}"
    if isinstance(fact, Cleared):
        return f"{_s(fact.at_ms)} clear {fact.rule} {fact.subject.node} {fact.why}"
    if isinstance(fact, DataMissing):
        return f"{_s(fact.last_ms)} missing {fact.rule}"
    if isinstance(fact, DataAgain):
        return f"{_s(fact.at_ms)} again {fact.rule}"
    if isinstance(fact, Switched):
        return f"switch {fact.output} {fact.pattern}"
    if isinstance(fact, RuleFailed):
        return f"failed {fact.rule} {fact.error}"
    assert isinstance(fact, FasterSampling)
    return f"faster {' '.join(fact.nodes)} {fact.period_s} {fact.for_s}"


def _s(ms: int) -> int:
    return (ms - T0_MS) // 1000
