"""What the rules found, as the particulars of the gateway's own events (contract/site/alarm_events.py). Pure."""

from collections.abc import Iterable
from typing import Any

from air.rules.facts import Cleared, DataAgain, DataMissing, Fact, Judged, Raised, Subject
from air.rules.saved import Saved
from contract.quantities import BY_ID
from contract.site.alarm_events import CLEAR, DATA, NO_DATA, RAISE


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
