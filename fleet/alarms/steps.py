"""Steps of alarms, as rows: the only place that changes how an alarm is handled, one step at a time. Knows tables.alarm and tables.step.

A step locks the row of the alarm until the commit: of two at once, the second sees what the first has made of it.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from fleet.alarms import lifecycle
from fleet.alarms.lifecycle import Handling, Kind
from fleet.alarms.tables import alarm as alarm_table
from fleet.alarms.tables import step as table
from fleet.errors import AlarmStateError, NotFoundError

# who of what an alarm's own source did.
SOURCE = ""


@dataclass(frozen=True, slots=True)
class Step:
    """who: "" for the source of the alarm. state, assignee, level: of the alarm after the step."""

    id: int
    at_ms: int
    kind: Kind
    who: str
    state: lifecycle.State
    assignee: str
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A step that is to be taken. assignee: of `assigned`."""

    kind: Kind
    at_ms: int
    who: str = SOURCE
    text: str = ""
    assignee: str = ""


def take(connection: Connection, alarm: int, wanted: Wanted) -> tuple[Handling, Handling]:
    """How it was handled before and after. Raises NotFoundError, AlarmStateError."""
    row = connection.execute(select(alarm_table).where(alarm_table.c.id == alarm).with_for_update()).first()
    if row is None:
        raise NotFoundError("alarm", str(alarm))
    before = Handling(row.state, row.assignee, row.level)
    after = lifecycle.after(before, wanted.kind, wanted.assignee)
    if after is None:
        raise AlarmStateError(alarm, before.state, lifecycle.possible(before))
    note(connection, alarm, wanted, after)
    return before, after


def note(connection: Connection, alarm: int, wanted: Wanted, after: Handling) -> None:
    """The row of the step, and of the alarm as it is after it."""
    handled = {"state": after.state, "assignee": after.assignee, "level": after.level}
    connection.execute(update(alarm_table).where(alarm_table.c.id == alarm).values(**handled))
    said = {"at_ms": wanted.at_ms, "kind": wanted.kind, "who": wanted.who, "text": wanted.text}
    connection.execute(insert(table), {"alarm_id": alarm, **said, **handled})


def steps_of(connection: Connection, alarm: int) -> list[Step]:
    """In their order."""
    return [_step(row) for row in connection.execute(select(table).where(table.c.alarm_id == alarm).order_by(table.c.id))]


def reopened(connection: Connection, which: ColumnElement[bool]) -> list[int]:
    """Those of them that a person took up again after their source had ended them: what the source says of others does not end them."""
    again = select(alarm_table.c.id).where(which, alarm_table.c.cleared_ms.is_not(None), alarm_table.c.state != "resolved")
    return list(connection.execute(again).scalars())


def end_cleared(connection: Connection, which: ColumnElement[bool], now_ms: int) -> None:
    """Those of them that their source has ended are resolved."""
    over = select(alarm_table.c.id).where(which, alarm_table.c.cleared_ms.is_not(None), alarm_table.c.state != "resolved")
    for (id_,) in connection.execute(over.order_by(alarm_table.c.id)).all():
        take(connection, id_, Wanted("ended", now_ms))


def _step(row: Any) -> Step:
    return Step(row.id, row.at_ms, row.kind, row.who, row.state, row.assignee, row.level, row.text)
