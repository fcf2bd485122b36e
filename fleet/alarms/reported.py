"""Alarms by the phases that gateways report. The order in which phases arrive makes no difference.

An alarm that is raised anew while an older one of the same rule about the same thing is open ends the older one: its gateway has lost
what it knew of it.
"""

from typing import Any
from zlib import crc32

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, update

from contract.site import alarm_events
from contract.site.event_names import RETIRED, SUPERSEDED
from fleet.alarms import steps
from fleet.alarms.lifecycle import Handling
from fleet.alarms.steps import Wanted
from fleet.alarms.tables import alarm as alarm_table
from fleet.record.ingest.events import Alarm, Origin
from fleet.store.dialect import alone_until_commit, insert_unless_present

_COLUMNS = alarm_table.c
_LOCK = 0x414C0000_00000000


def record_alarm(connection: Connection, origin: Origin, alarm: Alarm) -> None:
    """Alarms of a gateway are recorded by one process at a time: of two raises in two deliveries at once, neither would see the other."""
    alone_until_commit(connection, _LOCK + crc32(origin.gateway.encode()))
    subject = {"gateway_id": origin.gateway, "rule": alarm.rule, "node_id": alarm.node, "slot": alarm.slot, "quantity": alarm.quantity}
    key = {**subject, "since_ms": alarm.since_ms}
    this = and_(*_same(key))
    reopened = steps.reopened(connection, and_(*_same(subject)))
    is_new = connection.execute(select(_COLUMNS.id).where(this)).first() is None
    insert_unless_present(connection, alarm_table, [{**key, "site_id": origin.site, "version": alarm.version}])
    connection.execute(update(alarm_table).where(this).values(_changed(alarm)))
    if is_new:
        id_ = connection.execute(select(_COLUMNS.id).where(this)).scalar_one()
        steps.note(connection, id_, Wanted("raised", origin.now_ms), Handling())
    if alarm.phase == alarm_events.RAISE:
        _end_superseded(connection, subject)
    steps.end_cleared(connection, and_(*_same(subject), _COLUMNS.id.not_in(reopened)), origin.now_ms)


def end_alarms(connection: Connection, thing: str, now_ms: int) -> None:
    """Nobody will report an end of what is open of a gateway, or of a node, that is retired now. One that is reported after all counts."""
    of_it = or_(_COLUMNS.gateway_id == thing, _COLUMNS.node_id == thing)
    reopened = steps.reopened(connection, of_it)
    connection.execute(update(alarm_table).where(of_it, _COLUMNS.cleared_ms.is_(None)).values(cleared_ms=now_ms, cleared_by=RETIRED))
    steps.end_cleared(connection, and_(of_it, _COLUMNS.id.not_in(reopened)), now_ms)


def _same(columns: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [_COLUMNS[name] == value for name, value in columns.items()]


def _changed(alarm: Alarm) -> dict[str, Any]:
    if alarm.phase == alarm_events.NO_DATA:
        return {"missing_ms": _later(_COLUMNS.missing_ms, alarm.last_ms)}
    if alarm.phase == alarm_events.DATA:
        return {"found_ms": _later(_COLUMNS.found_ms, alarm.at_ms)}
    stated = {"severity": alarm.severity, "limit": alarm.limit, "scale": alarm.scale, "unit": alarm.unit, "window_ms": alarm.window_ms}
    if alarm.phase == alarm_events.RAISE:
        return {**stated, "raised_ms": alarm.at_ms, "value": alarm.value}
    # Of a clear it is only filled in what no raise has stated.
    missing = {name: func.coalesce(_COLUMNS[name], value) for name, value in stated.items()}
    at_ms = alarm.since_ms if alarm.at_ms is None else alarm.at_ms
    return {**missing, "cleared_ms": at_ms, "cleared_by": alarm.why, "cleared_value": alarm.value}


def _later(column: Any, moment_ms: int | None) -> Any:
    if moment_ms is None:
        return column
    return case((column > moment_ms, column), else_=moment_ms)


def _end_superseded(connection: Connection, subject: dict[str, Any]) -> None:
    later = alarm_table.alias("later")
    same = [later.c[name] == value for name, value in subject.items()]
    next_ms = select(func.min(later.c.since_ms)).where(*same, later.c.since_ms > _COLUMNS.since_ms).correlate(alarm_table).scalar_subquery()
    has_no_end_of_its_own = or_(_COLUMNS.cleared_ms.is_(None), _COLUMNS.cleared_by == SUPERSEDED)
    stale = update(alarm_table).where(*_same(subject), has_no_end_of_its_own, next_ms.is_not(None))
    connection.execute(stale.values(cleared_ms=next_ms, cleared_by=SUPERSEDED))
