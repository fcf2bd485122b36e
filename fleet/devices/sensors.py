"""Sensors as things: what each is, how long it will last, and where it is now. Where it was, sensor_slots.py says."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, exists, func, insert, select, update

from contract.faults import Fault
from fleet.devices.scopes import of_sensors
from fleet.devices.sensor_identity import Known
from fleet.devices.tables import sensor as table
from fleet.devices.tables import sensor_stay
from fleet.errors import ConflictError, InUseError, InvalidError, NotFoundError, RetiredError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.people.rights import WHOLE, Scope
from fleet.places.deployment_rows import sites_of, standing_at

DAY_MS = 86_400_000
MOST_LIFE_DAYS = 36_500
# What of a sensor can be corrected.
CORRECTABLE = ("model", "serial", "batch", "first_use_ms", "expected_life_days", "note")
# found: only a hello named it, and no person has confirmed it.
State = Literal["found", "confirmed", "retired"]


@dataclass(frozen=True, slots=True)
class SensorPlace:
    """site: where its node stands, null of one that is deployed nowhere."""

    node: str
    slot: int
    site: str | None
    from_ms: int


@dataclass(frozen=True, slots=True)
class Sensor:
    """serial: null where none is known. mark: what its part says of itself beside that. end_of_life_ms: first use and expected life; null
    where one of them is not known. places: where it is now; in more than one it cannot be, and then conflict is true: a hello names it in
    each of them, and none has contradicted another yet."""

    id: str
    model: str
    serial: str | None
    mark: str
    batch: str
    first_use_ms: int | None
    expected_life_days: int | None
    end_of_life_ms: int | None
    note: str
    state: State
    created_ms: int
    retired_ms: int | None
    places: list[SensorPlace]
    conflict: bool


@dataclass(frozen=True, slots=True)
class NewSensor:
    id: str
    model: str
    serial: str | None = None
    batch: str = ""
    first_use_ms: int | None = None
    expected_life_days: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sensors; None for any. site, node: where they are now. due_before_ms: whose end of life comes before that. conflict: which are
    in more than one place. scope: that who asks may see."""

    model: str | None = None
    serial: str | None = None
    state: State | None = None
    site: str | None = None
    node: str | None = None
    due_before_ms: int | None = None
    conflict: bool = False
    with_retired: bool = False
    scope: Scope = WHOLE


def sensors(connection: Connection, wanted: Wanted, limit: int, after: str | None = None) -> list[Sensor]:
    """By name. after: the last one of the page before."""
    query = select(table).where(*_conditions(connection, wanted)).order_by(table.c.id).limit(limit)
    if after is not None:
        query = query.where(table.c.id > after)
    return _with_places(connection, list(connection.execute(query)))


def sensor_of(connection: Connection, sensor: str) -> Sensor:
    """Raises NotFoundError."""
    row = connection.execute(select(table).where(table.c.id == sensor)).first()
    if row is None:
        raise NotFoundError("sensor", sensor)
    return _with_places(connection, [row])[0]


def known(connection: Connection, sensors: Collection[str]) -> dict[str, Known]:
    """By name, what a hello is compared with."""
    rows = connection.execute(select(table.c.id, table.c.model, table.c.serial, table.c.mark).where(table.c.id.in_(sensors)))
    return {row.id: Known(row.model, row.serial, row.mark) for row in rows}


def with_serial(connection: Connection, model: str, serial: str) -> str | None:
    """The sensor of this serial number."""
    found: str | None = connection.execute(select(table.c.id).where(table.c.model == model, table.c.serial == serial)).scalar()
    return found


def add_sensor(connection: Connection, act: Act, new: NewSensor) -> Sensor:
    """As a person knows it. Raises ConflictError; InvalidError where another one of its model has the serial number."""
    if is_taken(connection, new.id):
        raise ConflictError("sensor", new.id)
    _refuse_serial(connection, new.id, new.model, new.serial)
    connection.execute(insert(table), {**asdict(new), "created_ms": act.now_ms, "confirmed_ms": act.now_ms})
    audit.record_change(connection, act, "sensor_added", new.id, None, {key: value for key, value in asdict(new).items() if key != "id"})
    return sensor_of(connection, new.id)


def find_sensor(connection: Connection, act: Act, sensor: str, found: Known) -> None:
    """Registers what a hello named, not confirmed by anybody. The caller has seen that the name is free."""
    row = {"id": sensor, "model": found.model, "serial": found.serial, "mark": found.mark, "created_ms": act.now_ms}
    connection.execute(insert(table), row)
    audit.record_change(connection, act, "sensor_found", sensor, None, {"model": found.model, "serial": found.serial, "mark": found.mark})


def identify(connection: Connection, act: Act, sensor: str, before: Known, after: Known) -> None:
    """A hello says more of a sensor than was known."""
    wanted = {"serial": after.serial, "mark": after.mark}
    connection.execute(update(table).where(table.c.id == sensor).values(wanted))
    audit.record_change(connection, act, "sensor_identified", sensor, {"serial": before.serial, "mark": before.mark}, wanted)


def note_first_use(connection: Connection, sensor: str, from_ms: int) -> None:
    """Where nobody said when that was."""
    unknown = table.c.id == sensor, table.c.first_use_ms.is_(None)
    connection.execute(update(table).where(*unknown).values(first_use_ms=from_ms))


def correct_sensor(connection: Connection, act: Act, sensor: str, wanted: Mapping[str, Any]) -> Sensor:
    """wanted: by key of CORRECTABLE; what a person corrects is confirmed, also by nothing but a reason. Raises NotFoundError, RetiredError;
    InvalidError where another one of its model has the serial number, and for another model of a sensor that a hello has named."""
    row = lock_sensor(connection, sensor)
    corrected = {key: wanted[key] for key in wanted if getattr(row, key) != wanted[key]}
    if "model" in corrected and row.mark:
        raise InvalidError(Fault(("model",), f"{row.model}: its part says so", corrected["model"]))
    if corrected.keys() & {"model", "serial"}:
        _refuse_serial(connection, sensor, corrected.get("model", row.model), corrected.get("serial", row.serial))
    before = {key: getattr(row, key) for key in corrected}
    if row.confirmed_ms is None:
        corrected, before = {**corrected, "confirmed_ms": act.now_ms}, {**before, "confirmed_ms": None}
    if corrected:
        connection.execute(update(table).where(table.c.id == sensor).values(corrected))
        audit.record_change(connection, act, "sensor_changed", sensor, before, corrected)
    return sensor_of(connection, sensor)


def retire_sensor(connection: Connection, act: Act, sensor: str) -> Sensor:
    """Raises NotFoundError, RetiredError; InUseError as long as it is in a slot."""
    lock_sensor(connection, sensor)
    places = open_places(connection, [sensor]).get(sensor, [])
    if places:
        raise InUseError("sensor", sensor, [f"slot {place.slot} of node {place.node}" for place in places])
    connection.execute(update(table).where(table.c.id == sensor).values(retired_ms=act.now_ms))
    audit.record_change(connection, act, "sensor_retired", sensor, {"retired_ms": None}, {"retired_ms": act.now_ms})
    return sensor_of(connection, sensor)


def lock_sensor(connection: Connection, sensor: str) -> Any:
    """The row of a sensor that is not retired, about to be changed or put somewhere. Raises NotFoundError, RetiredError."""
    row = connection.execute(select(table).where(table.c.id == sensor).with_for_update(key_share=True)).first()
    if row is None:
        raise NotFoundError("sensor", sensor)
    if row.retired_ms is not None:
        raise RetiredError("sensor", sensor)
    return row


def is_taken(connection: Connection, sensor: str) -> bool:
    return connection.execute(select(table.c.id).where(table.c.id == sensor)).first() is not None


def open_places(connection: Connection, sensors: Collection[str]) -> dict[str, list[SensorPlace]]:
    """By sensor, where each is now; one that is nowhere is absent."""
    stay = sensor_stay.c
    query = select(stay.sensor_id, stay.node_id, stay.slot, stay.from_ms).where(stay.sensor_id.in_(sensors), stay.to_ms.is_(None))
    rows = connection.execute(query.order_by(stay.node_id, stay.slot)).all()
    sites = sites_of(connection, {row.node_id for row in rows})
    found: dict[str, list[SensorPlace]] = {}
    for row in rows:
        found.setdefault(row.sensor_id, []).append(SensorPlace(row.node_id, row.slot, sites.get(row.node_id), row.from_ms))
    return found


def _conditions(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [table.c[key] == value for key in ("model", "serial") if (value := getattr(wanted, key)) is not None]
    found += of_sensors(table.c.id, wanted.scope)
    if wanted.state == "retired":
        found.append(table.c.retired_ms.is_not(None))
    elif wanted.state is not None or not wanted.with_retired:
        found.append(table.c.retired_ms.is_(None))
    if wanted.state in ("found", "confirmed"):
        found.append(table.c.confirmed_ms.is_(None) if wanted.state == "found" else table.c.confirmed_ms.is_not(None))
    if wanted.due_before_ms is not None:
        found.append(table.c.first_use_ms + cast(table.c.expected_life_days, BigInteger) * DAY_MS < wanted.due_before_ms)
    stay = sensor_stay.c
    here = select(stay.id).where(stay.sensor_id == table.c.id, stay.to_ms.is_(None))
    if wanted.site is not None:
        found.append(exists(here.where(stay.node_id.in_(standing_at(connection, wanted.site)))))
    if wanted.node is not None:
        found.append(exists(here.where(stay.node_id == wanted.node)))
    if wanted.conflict:
        found.append(here.with_only_columns(func.count()).scalar_subquery() > 1)
    return found


def _refuse_serial(connection: Connection, sensor: str, model: str, serial: str | None) -> None:
    other = None if serial is None else with_serial(connection, model, serial)
    if other not in (None, sensor):
        raise InvalidError(Fault(("serial",), f"a serial number of its own: {other} has it", serial))


def _with_places(connection: Connection, rows: list[Any]) -> list[Sensor]:
    places = open_places(connection, [row.id for row in rows])
    return [_sensor(row, places.get(row.id, [])) for row in rows]


def _sensor(row: Any, places: list[SensorPlace]) -> Sensor:
    state: State = "retired" if row.retired_ms is not None else "found" if row.confirmed_ms is None else "confirmed"
    lasts = row.first_use_ms is not None and row.expected_life_days is not None
    return Sensor(
        row.id, row.model, row.serial, row.mark, row.batch, row.first_use_ms, row.expected_life_days,
        row.first_use_ms + row.expected_life_days * DAY_MS if lasts else None,
        row.note, state, row.created_ms, row.retired_ms, places, len(places) > 1,
    )  # fmt: skip
