"""What a start needs of the time before, as JSON: which alarms are open or about to turn. Windows are not in it: they are made of data."""

from typing import Any, NamedTuple

from air.rules.facts import Subject
from air.rules.phase import CLOSED, Phase


class Saved(NamedTuple):
    """One rule about one subject. `settled`: the phase at the point that late data cannot reach; `told`: as the facts told it."""

    rule: str
    version: int
    severity: str
    subject: Subject
    settled: Phase
    told: Phase
    is_missing: bool

    @property
    def is_worth_saving(self) -> bool:
        return self.settled != CLOSED or self.told.is_open


def to_json(rows: "list[Saved]") -> list[Any]:
    return [[row.rule, row.version, row.severity, list(row.subject), list(row.settled), list(row.told), row.is_missing] for row in rows]


def from_json(rows: list[Any]) -> "list[Saved]":
    """Of what to_json made."""
    return [
        Saved(rule, version, severity, Subject(*subject), Phase(*settled), Phase(*told), is_missing)
        for rule, version, severity, subject, settled, told, is_missing in rows
    ]
