"""Sensors: what each is, where it is and was, and who swapped it."""

from collections.abc import Callable
from enum import Enum
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from contract.site.shapes import MAX_SLOT
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Configures, Installs, NodeId, Reads, SensorId, ServiceDependency, SiteId, require_right
from fleet.api.fields import Explained, Id, LifeDays, Limit, Ms, NameCursor, NumberCursor, Reasoned, Retirement, example
from fleet.api.placed import require_seen
from fleet.devices import sensor_slots, sensors
from fleet.devices.nodes import require_node
from fleet.devices.sensor_slots import Noticed, SensorStay, Slot
from fleet.devices.sensors import NewSensor, Sensor, State
from fleet.http import paging
from fleet.http.openapi import problems
from fleet.places.sites import require_site
from fleet.record import sensor_health
from fleet.record.sensor_health import InstalledHealth

router = admin_router("registry")
_READINGS: list[str | Enum] = ["readings"]

Model = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]
SensorText = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Serial = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Note = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
SlotNumber = Annotated[int, Path(ge=0, le=MAX_SLOT)]


class SensorRequest(Explained):
    """model: as its part is called in the settings of a node. serial: of no other sensor of the model; by it a `hello` finds it."""

    model_config = example(id="sps30-17", model="sps30", serial="8F3A21C0B4D7E619", batch="2026-07", expected_life_days=3650)

    id: Id
    model: Model
    serial: Serial | None = None
    batch: SensorText = ""
    first_use_ms: Ms | None = None
    expected_life_days: LifeDays | None = None
    note: Note = ""


class SensorCorrection(Reasoned):
    """What is not named, or null, stays as it is. One that was found by itself is confirmed by it, also where only a reason is given."""

    model_config = example(batch="2026-07", expected_life_days=1095, reason="the delivery note")

    model: Model | None = None
    serial: Serial | None = None
    batch: SensorText | None = None
    first_use_ms: Ms | None = None
    expected_life_days: LifeDays | None = None
    note: Note | None = None


class SlotFilling(Reasoned):
    """sensor: which one is in the slot from from_ms on (now when absent); null: none is. It is in no other slot then."""

    model_config = example(sensor="sps30-17", reason="the old one was clogged")

    sensor: Id | None
    from_ms: Ms | None = None


class SensorPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[Sensor]
    next: str | None


class SlotAnswer(BaseModel):
    """stay: of the sensor that is in it now; null where none is."""

    node: str
    slot: int
    stay: SensorStay | None


class SensorStayPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[SensorStay]
    next: str | None


class InstalledPage(BaseModel):
    """next: null; a site has no more than fit into one answer."""

    items: list[InstalledHealth]
    next: str | None


@router.get("/sensors", responses=problems(404))
def list_sensors(
    person: Reads,
    service: ServiceDependency,
    model: Annotated[str | None, Query(max_length=40, pattern=r"^[^\x00]*$")] = None,
    serial: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    state: State | None = None,
    site: Annotated[str | None, Query(pattern=ID_PATTERN, description="that are at this site now")] = None,
    node: Annotated[str | None, Query(pattern=ID_PATTERN, description="that are in a slot of this node now")] = None,
    due_before_ms: Annotated[int | None, Query(ge=0, le=1 << 53, description="whose end of life comes before this moment")] = None,
    conflict: Annotated[bool, Query(description="only those that are reported from more than one place")] = False,
    retired: Annotated[bool, Query(description="those that are retired too")] = False,
    limit: Limit = 100,
    cursor: NameCursor = None,
) -> SensorPage:
    """The sensors of the district, by name."""
    wanted = sensors.Wanted(model, serial, state, site, node, due_before_ms, conflict, retired, person.scope)
    if site is not None:
        service.read(lambda connection: require_seen(connection, person, "site", site, require_site))
    if node is not None:
        service.read(lambda connection: require_seen(connection, person, "node", node, require_node))
    found = service.read(lambda connection: sensors.sensors(connection, wanted, limit + 1, cursor))
    return SensorPage(items=found[:limit], next=found[limit - 1].id if len(found) > limit else None)


@router.post("/sensors", status_code=201, responses=problems(400, 409, 413))
async def add_sensor(person: Installs, service: ServiceDependency, wanted: SensorRequest) -> Sensor:
    """Registers a sensor, in whichever slot a `hello` names its serial number later, or a technician puts it."""
    new, act = NewSensor(**wanted.model_dump(exclude={"reason"})), service.act(person, wanted.reason)
    return await service.write(lambda connection: sensors.add_sensor(connection, act, new))


@router.get("/sensors/{sensor}", responses=problems(404))
def read_sensor(sensor: SensorId, person: Reads, service: ServiceDependency) -> Sensor:
    """One sensor, also after it was retired."""
    return service.read(lambda connection: sensors.sensor_of(connection, sensor))


@router.patch("/sensors/{sensor}", responses=problems(400, 404, 409, 413))
async def correct_sensor(sensor: SensorId, person: Installs, service: ServiceDependency, wanted: SensorCorrection) -> Sensor:
    """Corrects or confirms what is known of a sensor."""
    act = service.act(person, wanted.reason)
    return await service.write(lambda connection: sensors.correct_sensor(connection, act, sensor, wanted.named()))


@router.post("/sensors/{sensor}/retirement", responses=problems(400, 404, 409, 413))
async def retire_sensor(sensor: SensorId, person: Configures, service: ServiceDependency, wanted: Retirement) -> Sensor:
    """Its history stays, and its name is not given again. Refused as long as it is in a slot; the answer names it. It cannot be undone."""
    act = service.act(person, wanted.reason)
    return await service.write(lambda connection: sensors.retire_sensor(connection, act, sensor))


@router.get("/sensors/{sensor}/stays", responses=problems(404))
def list_stays_of_sensor(
    sensor: SensorId, person: Reads, service: ServiceDependency, limit: Limit = 100, cursor: NumberCursor = None
) -> SensorStayPage:
    """Where the sensor was, from when to when, and who or what noticed it, in the order in which it became known."""
    service.read(lambda connection: sensors.sensor_of(connection, sensor))
    return _page(
        service.read(_stays(cursor, lambda connection, after: sensor_slots.of_sensor(connection, sensor, limit + 1, after, person.scope))),
        limit,
    )


@router.get("/nodes/{node}/slots/{slot}/sensors", responses=problems(404))
def list_stays_of_slot(
    node: NodeId, slot: SlotNumber, person: Reads, service: ServiceDependency, limit: Limit = 100, cursor: NumberCursor = None
) -> SensorStayPage:
    """Which sensors were in a slot, from when to when, and who or what noticed it, in the order in which it became known."""
    service.read(lambda connection: require_node(connection, node))
    place = Slot(node, slot)
    return _page(service.read(_stays(cursor, lambda connection, after: sensor_slots.of_slot(connection, place, limit + 1, after))), limit)


@router.put("/nodes/{node}/slots/{slot}/sensor", responses=problems(400, 404, 409, 413))
async def fill_slot(node: NodeId, slot: SlotNumber, person: Installs, service: ServiceDependency, wanted: SlotFilling) -> SlotAnswer:
    """A technician has put a sensor into a slot, or taken it out: what no `hello` shows of parts that have no serial number. The series of
    the site go on, and show it."""
    if wanted.sensor is not None:
        await require_right(service, person, "sensor", wanted.sensor)
    act, place = service.act(person, wanted.reason), Slot(node, slot)

    def work(connection: Connection) -> SensorStay | None:
        sensor_slots.put(connection, act, place, wanted.sensor, wanted.from_ms)
        return sensor_slots.now_in(connection, place)

    return SlotAnswer(node=node, slot=slot, stay=await service.write(work))


@router.get("/sites/{site}/sensors", tags=_READINGS, responses=problems(404))
def list_sensors_of_site(site: SiteId, person: Reads, service: ServiceDependency) -> InstalledPage:
    """The sensors of a site as they are: in which slot, registered or only found, at the end of their life or not, and with the newest
    value of each of their channels."""
    service.read(lambda connection: require_site(connection, site))
    now_ms = service.clock.utc_ms()
    return InstalledPage(items=service.read(lambda connection: sensor_health.of_site(connection, site, now_ms)), next=None)


@router.get("/sensor-swaps")
def list_swaps(
    person: Reads,
    service: ServiceDependency,
    noticed: Annotated[Noticed | None, Query(description="by a hello, or by a person")] = None,
    limit: Limit = 100,
    cursor: NumberCursor = None,
) -> SensorStayPage:
    """Sensors that took the place of others, the newest first."""
    below = None if cursor is None else paging.numbers_of(cursor, 1)[0]
    return _page(service.read(lambda connection: sensor_slots.swaps(connection, limit + 1, noticed, below, person.scope)), limit)


def _stays(cursor: str | None, read: Callable[[Connection, int], list[SensorStay]]) -> Callable[[Connection], list[SensorStay]]:
    after = 0 if cursor is None else paging.numbers_of(cursor, 1)[0]
    return lambda connection: read(connection, after)


def _page(found: list[SensorStay], limit: int) -> SensorStayPage:
    return SensorStayPage(items=found[:limit], next=paging.cursor(found[limit - 1].id) if len(found) > limit else None)
