"""How each work of the background goes, as rows: any process can say it, not only the one that works."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from fleet.background.tables import work as table
from fleet.store.dialect import insert_or_replace
from fleet.store.storable import storable

FAULT_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Outcome:
    """failures: one after the other since it was last done; fault: of the newest of them, "" where there is none."""

    name: str
    done_ms: int | None = None
    failed_ms: int | None = None
    failures: int = 0
    fault: str = ""


def outcomes(connection: Connection) -> list[Outcome]:
    """By name."""
    return [_outcome(row) for row in connection.execute(select(table).order_by(table.c.name))]


def outcome_of(connection: Connection, name: str) -> Outcome:
    row = connection.execute(select(table).where(table.c.name == name)).first()
    return _outcome(row) if row else Outcome(name)


def done(connection: Connection, name: str, now_ms: int) -> Outcome:
    known = outcome_of(connection, name)
    return _written(connection, Outcome(name, now_ms, known.failed_ms))


def failed(connection: Connection, name: str, now_ms: int, fault: str) -> Outcome:
    known = outcome_of(connection, name)
    return _written(connection, Outcome(name, known.done_ms, now_ms, known.failures + 1, storable(fault, FAULT_CHARACTERS)))


def _written(connection: Connection, outcome: Outcome) -> Outcome:
    columns = ("name", "done_ms", "failed_ms", "failures", "fault")
    insert_or_replace(connection, table, [{name: getattr(outcome, name) for name in columns}])
    return outcome


def _outcome(row: Any) -> Outcome:
    return Outcome(row.name, row.done_ms, row.failed_ms, row.failures, row.fault)
