"""What the rules found, as the gateway's own events: key "alarm", particulars as written below. Pure.

rule, version, severity; node ("" for the whole site), slot (-1: no one of them), quantity (key, or "" for none)
phase     raise, clear, or of an open alarm no_data (it cannot be judged) and data (it can again)
since_ms  from when on the condition held: with rule and subject it names the alarm from its raise to its clear
why       of a clear: condition, revised, schedule, rule_changed
at_ms, value, limit, scale, unit, window_ms, share, n, extrapolated, calibrations [[id, version], ...]: what it was judged by
"""

from collections.abc import Iterable
from typing import Any

from air.rules.facts import Cleared, DataAgain, DataMissing, Fact, Judged, Raised, Subject
from air.rules.saved import Saved
from contract.quantities import BY_ID

KEY = "alarm"
RAISE, CLEAR, NO_DATA, DATA = "raise", "clear", "no_data", "data"


def particulars(fact: Fact) -> dict[str, Any] | None:
    """None for what is not reported to the fleet."""
    if isinstance(fact, Raised):
        return _alarm(fact, RAISE) | {"severity": fact.severity} | _judged(fact.judged)
    if isinstance(fact, Cleared):
        judged = _judged(fact.judged) if fact.judged else {}
        return _alarm(fact, CLEAR) | {"severity": fact.severity, "why": fact.why} | judged | {"at_ms": fact.at_ms}
    if isinstance(fact, DataMissing):
        return _alarm(fact, NO_DATA) | {"last_ms": fact.last_ms}
    if isinstance(fact, DataAgain):
        return _alarm(fact, DATA) | {"at_ms": fact.at_ms}
    return None


def open_alarms(rows: Iterable[Saved]) -> list[dict[str, Any]]:
    """For people: which rule, about what, and since when."""
    return [
        {"rule": row.rule, "severity": row.severity}
        | _subject(row.subject)
        | {"since_ms": row.reported.since_ms, "data_missing": row.is_missing}
        for row in rows
        if row.reported.is_open
    ]


def _alarm(fact: Raised | Cleared | DataMissing | DataAgain, phase: str) -> dict[str, Any]:
    return {"rule": fact.rule, "version": fact.version, "phase": phase, "since_ms": fact.since_ms} | _subject(fact.subject)


def _subject(subject: Subject) -> dict[str, Any]:
    quantity = BY_ID[subject.quantity][1] if subject.quantity in BY_ID else ""
    return {"node": subject.node, "slot": subject.slot, "quantity": quantity}


def _judged(judged: Judged) -> dict[str, Any]:
    fields: dict[str, Any] = judged._asdict()
    return fields | {"calibrations": [list(name) for name in judged.calibrations]}
