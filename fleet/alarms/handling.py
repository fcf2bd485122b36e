"""What people do about an alarm: a step of the alarm, and a link in the record of changes, of one commit."""

from sqlalchemy import Connection

from fleet.alarms import steps
from fleet.alarms.lifecycle import Handling, Kind
from fleet.alarms.steps import Wanted
from fleet.people.audit import Act, What, record_change

# Kind of step -> how the record of changes calls it.
_WHAT: dict[Kind, What] = {
    "acknowledged": "alarm_acknowledged",
    "assigned": "alarm_assigned",
    "commented": "alarm_commented",
    "resolved": "alarm_resolved",
    "reopened": "alarm_reopened",
}


def handle(connection: Connection, act: Act, alarm: int, kind: Kind, text: str = "", assignee: str = "") -> None:
    """text: what the person says. Raises NotFoundError, AlarmStateError: it changes nothing then."""
    before, after = steps.take(connection, alarm, Wanted(kind, act.now_ms, act.who, text, assignee))
    said = {"text": text} if text else {}
    record_change(connection, act, _WHAT[kind], str(alarm), _state(before), {**_state(after), **said})


def _state(handling: Handling) -> dict[str, object]:
    return {"state": handling.state, "assignee": handling.assignee}
