"""Escalates what waits too long, in the background: as steps, so that it is seen when and how far each alarm went."""

from sqlalchemy import Connection, func, select

from fleet.alarms import steps
from fleet.alarms.escalation import Waiting, is_due
from fleet.alarms.steps import Wanted
from fleet.alarms.tables import alarm, step
from fleet.background.held import Turn
from fleet.background.periodic import Periodic

_EVERY_S = 30.0
# By one write, so that deliveries go between.
_AT_ONCE = 100


def _escalate(turn: Turn) -> bool:
    due = turn.read(lambda connection: [one for one in waiting(connection) if is_due(one, turn.now_ms)])
    if due:
        turn.write(lambda connection: escalate(connection, due[:_AT_ONCE], turn.now_ms))
    return len(due) > _AT_ONCE


ESCALATION = Periodic("escalation", _EVERY_S, _escalate)


def waiting(connection: Connection, *ids: int) -> list[Waiting]:
    """All that are not resolved, or these of them."""
    stepped_ms = select(func.max(step.c.at_ms)).where(step.c.alarm_id == alarm.c.id, step.c.kind != "commented").scalar_subquery()
    columns = alarm.c.id, alarm.c.severity, alarm.c.state, alarm.c.level, stepped_ms.label("stepped_ms")
    query = select(*columns).where(alarm.c.state != "resolved").order_by(alarm.c.id)
    if ids:
        query = query.where(alarm.c.id.in_(ids))
    return [Waiting(row.id, row.severity, row.state, row.level, row.stepped_ms or 0) for row in connection.execute(query)]


def escalate(connection: Connection, due: list[Waiting], now_ms: int) -> None:
    """Those to which nothing has happened since they were looked at."""
    known = {one.id: one for one in due}
    connection.execute(select(alarm.c.id).where(alarm.c.id.in_(known)).order_by(alarm.c.id).with_for_update())
    for one in waiting(connection, *known):
        if one == known[one.id]:
            steps.take(connection, one.id, Wanted("escalated", now_ms))
