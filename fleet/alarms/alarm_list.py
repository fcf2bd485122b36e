"""The alarms of the district, open and past, the newest first, in units and words.

    Alarm(id=7, state="open", rule="pm25-high", rule_version=4, severity="alarm", severity_name={"zh-CN": "告警", "en": "alarm"},
          site="east-gate", gateway="gw-east", node="n-0001", slot=0, quantity="pm2_5_atm",
          since_ms=…, raised_ms=…, until_ms=None, ended_by=None, ended_by_name=None, data_missing_since_ms=None,
          value=154.2, last_value=None, threshold=150.0, unit="ug/m3", window_s=600.0, handling="assigned", assignee="li.na", level="cell",
          text={"zh-CN": "n-0001 PM2.5：154.2 µg/m³，限值 150 µg/m³", "en": "PM2.5 at n-0001: 154.2 µg/m³, limit 150 µg/m³"})

node: None for a whole site. slot: None for no one of them. state: "open" or "past"; open also while its data are missing. value: that
raised it; last_value: that cleared it. value and threshold are None where a rule ended without a judgement. handling: what people have
done about it (lifecycle.py): an alarm that is open can be resolved, and one that is past is. level: up to which it was escalated. Of the
service itself (watches.py) gateway and site may be empty.
"""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from contract.site import event_names
from fleet.alarms import lifecycle
from fleet.alarms.lifecycle import LEVELS, Level
from fleet.alarms.tables import alarm
from fleet.alarms.watches import SERVICE_SLOT, text_of
from fleet.errors import NotFoundError
from fleet.people.rights import WHOLE, Scope
from fleet.places.scopes import Path, number_of, of_sites, path_of_site
from fleet.places.sites import sites_under
from fleet.record import event_texts
from fleet.record.event_texts import Texts, in_both

State = Literal["open", "past"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """See the top of this file."""

    id: int
    state: State
    rule: str
    rule_version: int
    severity: str | None
    severity_name: Texts | None
    site: str
    gateway: str
    node: str | None
    slot: int | None
    quantity: str | None
    since_ms: int
    raised_ms: int | None
    until_ms: int | None
    ended_by: str | None
    ended_by_name: Texts | None
    data_missing_since_ms: int | None
    value: float | None
    last_value: float | None
    threshold: float | None
    unit: str | None
    window_s: float | None
    text: Texts
    handling: lifecycle.State
    assignee: str
    level: Level


@dataclass(frozen=True, slots=True)
class AlarmFilter:
    """None: whichever. from_ms, to_ms: those that were open at some time of this span. under: of sites in this area or below it.
    scope: that who asks may see."""

    state: State | None = None
    site: str | None = None
    gateway: str | None = None
    node: str | None = None
    rule: str | None = None
    severity: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    handling: lifecycle.State | None = None
    assignee: str | None = None
    level: Level | None = None
    under: str | None = None
    scope: Scope = WHOLE


def alarms(connection: Connection, wanted: AlarmFilter, limit: int, after: tuple[int, ...] | None = None) -> list[Alarm]:
    """after: since_ms and id of the last one of the page before."""
    query = select(alarm).where(*_conditions(connection, wanted)).order_by(alarm.c.since_ms.desc(), alarm.c.id.desc()).limit(limit)
    if after is not None:
        since_ms, id_ = after
        query = query.where(or_(alarm.c.since_ms < since_ms, and_(alarm.c.since_ms == since_ms, alarm.c.id < id_)))
    return [_alarm(row) for row in connection.execute(query)]


def alarm_of(connection: Connection, id_: int) -> Alarm:
    """Raises NotFoundError."""
    row = connection.execute(select(alarm).where(alarm.c.id == id_)).first()
    if row is None:
        raise NotFoundError("alarm", str(id_))
    return _alarm(row)


def path_of_alarm(connection: Connection, number: str) -> Path:
    """In which areas it lies: where its site does; one of the whole service in none."""
    row = connection.execute(select(alarm.c.site_id).where(alarm.c.id == number_of(number))).first()
    if row is None:
        return None
    return path_of_site(connection, row.site_id) if row.site_id else ()


def _conditions(connection: Connection, wanted: AlarmFilter) -> list[ColumnElement[bool]]:
    columns = {"site_id": wanted.site, "gateway_id": wanted.gateway, "node_id": wanted.node, "rule": wanted.rule}
    columns |= {"severity": wanted.severity, "state": wanted.handling, "assignee": wanted.assignee}
    found = [alarm.c[name] == value for name, value in columns.items() if value is not None]
    found += of_sites(alarm.c.site_id, wanted.scope)
    if wanted.level is not None:
        found.append(alarm.c.level == LEVELS.index(wanted.level))
    if wanted.under is not None:
        found.append(alarm.c.site_id.in_(sites_under(connection, wanted.under, wanted.scope)))
    if wanted.state is not None:
        found.append(alarm.c.cleared_ms.is_(None) if wanted.state == "open" else alarm.c.cleared_ms.is_not(None))
    if wanted.from_ms is not None:
        found.append(or_(alarm.c.cleared_ms.is_(None), alarm.c.cleared_ms >= wanted.from_ms))
    if wanted.to_ms is not None:
        found.append(alarm.c.since_ms < wanted.to_ms)
    return found


def _alarm(row: Any) -> Alarm:
    value, last_value, threshold = (_in_unit(number, row.scale) for number in (row.value, row.cleared_value, row.limit))
    shown = event_texts.Judgement(
        row.rule, row.node_id, row.site_id, row.quantity, value if value is not None else last_value, threshold, row.unit
    )
    is_missing = row.cleared_ms is None and row.missing_ms is not None and (row.found_ms is None or row.missing_ms >= row.found_ms)
    text = text_of(row.rule, row.gateway_id, row.value) if row.slot == SERVICE_SLOT else event_texts.of_alarm(shown)
    node, quantity, slot = row.node_id or None, row.quantity or None, None if row.slot < 0 else row.slot
    window_s = None if row.window_ms is None else row.window_ms / 1000
    severity_name, end_name = in_both(event_names.SEVERITIES, row.severity), in_both(event_names.ENDS, row.cleared_by)
    return Alarm(
        row.id, "open" if row.cleared_ms is None else "past", row.rule, row.version, row.severity, severity_name,
        row.site_id, row.gateway_id, node, slot, quantity, row.since_ms, row.raised_ms, row.cleared_ms, row.cleared_by, end_name,
        row.missing_ms if is_missing else None, value, last_value, threshold, row.unit, window_s, text,
        row.state, row.assignee, LEVELS[row.level],
    )  # fmt: skip


def _in_unit(number: int | None, scale: int | None) -> float | None:
    return None if number is None or scale is None else number / scale


def unresolved_by_severity(connection: Connection) -> dict[str, int]:
    """ "unknown" where the raise of an alarm has not come."""
    columns = alarm.c
    query = select(columns.severity, func.count()).where(columns.state != "resolved").group_by(columns.severity)
    return {severity or "unknown": count for severity, count in connection.execute(query)}
