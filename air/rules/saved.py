"""What a start needs of the time before, as JSON: which alarms are open or about to turn. Windows are not in it: they are made of data."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from air.rules.facts import Subject
from air.rules.phase import Phase


class Saved(NamedTuple):
    """One rule about one subject. `settled`: the phase at the point that late data cannot reach; `reported`: as the facts reported it."""

    rule: str
    version: int
    severity: str
    subject: Subject
    settled: Phase
    reported: Phase
    is_missing: bool


def to_json(rows: Iterable[Saved]) -> list[Any]:
    return [[row.rule, row.version, row.severity, list(row.subject), list(row.settled), list(row.reported), row.is_missing] for row in rows]


def from_json(row: Any) -> Saved:
    """One row of what to_json made. Raises TypeError or ValueError for anything else."""
    rule, version, severity, subject, settled, reported, is_missing = row
    saved = Saved(rule, version, severity, Subject(*subject), Phase(*settled), Phase(*reported), is_missing)
    phases = (saved.settled, saved.reported)
    texts = (rule, severity, saved.subject.node)
    numbers = (version, *saved.subject[1:], *(phase.since_ms for phase in phases), *(phase.turning_ms or 0 for phase in phases))
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(number, int) for number in numbers):
        raise ValueError("a value of another type than it was saved with")
    return saved


def rule_of(row: Any) -> str:
    """The id of the rule that a row is about, also of one that cannot be read; "" where there is none."""
    return row[0] if isinstance(row, list) and row and isinstance(row[0], str) else ""
