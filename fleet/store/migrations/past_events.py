"""What revision 0008 makes of the items that were in the store before it: a line of each event, and the alarms that gateways reported.

One pass over the items, a page of events at a time, in the transaction of the migration; how far it is, is logged. It imports nothing
of ours, and so has words and limits of its own: what a revision makes of a store must not change with what ingest makes of events later.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Connection, text

PAGE_EVENTS = 500
# How often the log says how far it is.
_PARTS = 10

_log = logging.getLogger(__name__)

_Ms = Annotated[int, Meta(ge=0, lt=1 << 53)]
_Number = Annotated[int, Meta(gt=-(1 << 53), lt=1 << 53)]
_Name = Annotated[str, Meta(max_length=40, pattern=r"^[^\x00]*$")]
_Word = Annotated[str, Meta(max_length=10, pattern=r"^[^\x00]*$")]
_SUBJECT = ("gateway_id", "rule", "node_id", "slot", "quantity")
_STATED = ("severity", "limit", "scale", "unit", "window_ms")


class _Alarm(Struct):
    rule: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[^\x00]*$")]
    version: Annotated[int, Meta(ge=0, lt=1 << 31)]
    phase: Literal["raise", "clear", "no_data", "data"]
    since_ms: _Ms
    node: Annotated[str, Meta(max_length=32, pattern=r"^[^\x00]*$")]
    slot: Annotated[int, Meta(ge=-1, le=15)]
    quantity: _Name
    severity: _Word | None = None
    why: Annotated[str, Meta(max_length=20, pattern=r"^[^\x00]*$")] | None = None
    at_ms: _Ms | None = None
    last_ms: _Ms | None = None
    value: _Number | None = None
    limit: _Number | None = None
    scale: Annotated[int, Meta(ge=1, lt=1 << 53)] | None = None
    unit: _Name | None = None
    window_ms: _Ms | None = None


class _Event(NamedTuple):
    """of: whose item it is."""

    boot: int
    seq: int
    start_ms: int
    of: str
    key: str
    particulars: dict[str, Any]


class _Place(NamedTuple):
    site: str
    gateway: str
    from_ms: int
    to_ms: int | None


def list_past_events(connection: Connection) -> None:
    """Into the tables `event` and `alarm`, which are empty."""
    boots = connection.exec_driver_sql("SELECT id, node_id FROM boot ORDER BY id").all()
    places, listed = _places(connection), 0
    for done, boot in enumerate(boots, start=1):
        for page in _pages(connection, boot.id, boot.node_id):
            listed += _list(connection, page, places)
        if done * _PARTS // len(boots) > (done - 1) * _PARTS // len(boots):
            _log.info("events of %d of %d boots are in the list: %d so far", done, len(boots), listed)
    _end_superseded(connection)
    _end_retired(connection)


def _pages(connection: Connection, boot: int, node: str) -> Iterator[list[_Event]]:
    query = text("SELECT seq, start_ms, body FROM item WHERE boot_id = :boot AND seq > :after AND kind = 'event' ORDER BY seq LIMIT :page")
    after = -1
    while True:
        rows = connection.execute(query, {"boot": boot, "after": after, "page": PAGE_EVENTS}).all()
        found = ((row, json.loads(bytes(row.body))) for row in rows)
        yield [_Event(boot, row.seq, row.start_ms, node, body["k"][:40].replace("\x00", "\ufffd"), body["a"]) for row, body in found]
        if len(rows) < PAGE_EVENTS:
            return
        after = rows[-1].seq


def _places(connection: Connection) -> dict[str, list[_Place]]:
    """By node, the earliest first."""
    found: dict[str, list[_Place]] = {}
    query = "SELECT node_id, site_id, gateway_id, from_ms, to_ms FROM deployment ORDER BY id"
    for node, *place in connection.exec_driver_sql(query):
        found.setdefault(node, []).append(_Place(*place))
    return found


def _place_at(places: Sequence[_Place], at_ms: int) -> _Place:
    # What is dated outside all of them is of the nearest.
    def distance_ms(place: _Place) -> int:
        return max(place.from_ms - at_ms, 0 if place.to_ms is None else at_ms - place.to_ms + 1, 0)

    return min(places, key=distance_ms)


def _list(connection: Connection, page: list[_Event], places: dict[str, list[_Place]]) -> int:
    rows = []
    for event in page:
        own = places.get(event.of)
        if own is None:  # of a node that was never deployed: it has no site
            continue
        about, gateway = _about(event, places), _place_at(own, event.start_ms).gateway
        site = _place_at(places.get(about or event.of, own), event.start_ms).site
        keys = {"boot_id": event.boot, "seq": event.seq, "start_ms": event.start_ms, "key": event.key}
        rows.append({**keys, "node_id": about, "site_id": site, "gateway_id": gateway})
        alarm = _alarm(event)
        if alarm and event.of == gateway and (not alarm.node or _has_had(gateway, alarm.node, places)):
            _record(connection, gateway, site, alarm)
    if rows:
        columns = ", ".join(rows[0])
        connection.execute(text(f"INSERT INTO event ({columns}) VALUES ({', '.join(':' + name for name in rows[0])})"), rows)
    return len(rows)


def _about(event: _Event, places: dict[str, list[_Place]]) -> str | None:
    """Only a gateway, whose own node has its name, reports about others, and only about those that it has or had."""
    named = event.particulars.get("node", event.of)
    if not isinstance(named, str) or not _has_had(event.of, named or event.of, places):
        return event.of
    return named or None


def _has_had(gateway: str, node: str, places: dict[str, list[_Place]]) -> bool:
    return any(place.gateway == gateway for place in places.get(node, ()))


def _alarm(event: _Event) -> _Alarm | None:
    if event.key != "alarm":
        return None
    try:
        return msgspec.convert(event.particulars, _Alarm)
    except msgspec.ValidationError:
        return None


def _record(connection: Connection, gateway: str, site: str, alarm: _Alarm) -> None:
    key = {"gateway_id": gateway, "rule": alarm.rule, "node_id": alarm.node, "slot": alarm.slot, "quantity": alarm.quantity}
    key["since_ms"] = alarm.since_ms
    same = " AND ".join(f"{name} = :{name}" for name in key)
    known = connection.execute(text(f"SELECT * FROM alarm WHERE {same}"), key).mappings().first()
    changed = _changed(alarm, dict(known or {}))
    if known is None:
        row = {**key, "site_id": site, "version": alarm.version, **changed}
        columns = ", ".join(f'"{name}"' for name in row)
        connection.execute(text(f"INSERT INTO alarm ({columns}) VALUES ({', '.join(':' + name for name in row)})"), row)
    else:
        assignments = ", ".join(f'"{name}" = :{name}' for name in changed)
        connection.execute(text(f"UPDATE alarm SET {assignments} WHERE {same}"), {**key, **changed})


def _changed(alarm: _Alarm, known: dict[str, Any]) -> dict[str, Any]:
    # Phases come in any order: boots are read one after the other, whatever their times.
    if alarm.phase == "no_data":
        return {"missing_ms": max(filter(None, (alarm.last_ms, known.get("missing_ms"))), default=None)}
    if alarm.phase == "data":
        return {"found_ms": max(filter(None, (alarm.at_ms, known.get("found_ms"))), default=None)}
    stated = {name: getattr(alarm, name) for name in _STATED}
    if alarm.phase == "raise":
        return {**stated, "raised_ms": alarm.at_ms, "value": alarm.value}
    missing = {name: value if known.get(name) is None else known[name] for name, value in stated.items()}
    at_ms = alarm.since_ms if alarm.at_ms is None else alarm.at_ms
    return {**missing, "cleared_ms": at_ms, "cleared_by": alarm.why, "cleared_value": alarm.value}


def _end_superseded(connection: Connection) -> None:
    # Of what was raised anew while it was open, the gateway had lost what it knew.
    same = " AND ".join(f"later.{name} = alarm.{name}" for name in _SUBJECT)
    later = f"FROM alarm later WHERE {same} AND later.since_ms > alarm.since_ms"
    statement = f"UPDATE alarm SET cleared_ms = (SELECT min(later.since_ms) {later}), cleared_by = :why WHERE cleared_ms IS NULL"
    connection.execute(text(f"{statement} AND EXISTS (SELECT 1 {later})"), {"why": "superseded"})


def _end_retired(connection: Connection) -> None:
    # Nobody will report an end of these.
    for table, column in (("gateway", "gateway_id"), ("node", "node_id")):
        retired = f"FROM {table} WHERE id = alarm.{column} AND retired_ms IS NOT NULL"
        statement = f"UPDATE alarm SET cleared_ms = (SELECT retired_ms {retired}), cleared_by = :why WHERE cleared_ms IS NULL"
        connection.execute(text(f"{statement} AND EXISTS (SELECT 1 {retired})"), {"why": "retired"})
