"""Areas of the grid: adding, correcting, retiring them; as GeoJSON; and in which of them a point lies."""

from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import Connection

from contract.faults import below
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Administers, AreaId, Reads, ServiceDependency, require_right
from fleet.api.fields import Explained, Id, Latitude, Limit, Line, Longitude, NameCursor, Reasoned, Retirement, example
from fleet.errors import ForbiddenError, InvalidError, UnseenError
from fleet.http.openapi import problems
from fleet.people.person import Person
from fleet.places import areas, geometry
from fleet.places.areas import Area, Asked
from fleet.places.geometry import Geometry
from fleet.places.grid import Kind, Level, no_such_parent
from fleet.places.grid_changes import GridChange
from fleet.service import Service

router = admin_router("registry")

_LevelQuery = Annotated[Level | None, Query(description="of this level only")]
_Under = Annotated[str | None, Query(pattern=ID_PATTERN, description="this area and all below it")]
_Retired = Annotated[bool, Query(description="those that are retired too")]
_SQUARE = {"type": "Polygon", "coordinates": [[[104.07, 30.65], [104.09, 30.65], [104.09, 30.67], [104.07, 30.67], [104.07, 30.65]]]}


class AreaRequest(Explained):
    """geometry: Polygon or MultiPolygon of GeoJSON, longitude before latitude, WGS 84 or CGCS2000."""

    model_config = example(id="510100", level="district", name_zh="示范区", name_en="Sample District", geometry=_SQUARE)

    id: Id
    level: Level
    parent: Id | None = None
    kind: Kind | None = None
    name_zh: Line
    name_en: Line
    geometry: dict[str, Any] | None = None


class AreaCorrection(Reasoned):
    """What is not named, or null, stays as it is."""

    model_config = example(name_en="Sample District", reason="the name that the bureau uses")

    parent: Id | None = None
    kind: Kind | None = None
    name_zh: Line | None = None
    name_en: Line | None = None
    geometry: dict[str, Any] | None = None


class AreaPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[Area]
    next: str | None


class AreaFeature(BaseModel):
    """Of GeoJSON (RFC 7946)."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: dict[str, Any]
    properties: Area


class AreaFeatures(BaseModel):
    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[AreaFeature]


@router.post("/areas", status_code=201, responses=problems(400, 409, 413))
async def add_area(person: Administers, service: ServiceDependency, wanted: AreaRequest) -> Area:
    """Adds an area of the grid: the district first, then townships in it, communities in these, cells in these."""
    await _require_parent(service, person, wanted.level, wanted.parent)
    ground = await _ground(wanted.geometry)
    area = Area(wanted.id, wanted.level, wanted.parent, wanted.kind, wanted.name_zh, wanted.name_en)
    act = service.act(person, wanted.reason)
    return await service.write(lambda connection: GridChange(connection, act).add(area, ground))


@router.get("/areas", responses=problems(404))
def list_areas(
    person: Reads,
    service: ServiceDependency,
    level: _LevelQuery = None,
    under: _Under = None,
    retired: _Retired = False,
    limit: Limit = 100,
    cursor: NameCursor = None,
) -> AreaPage:
    """The areas of the grid, by code."""
    asked = Asked(level, under, retired, person.scope)
    found = service.read(lambda connection: areas.areas(connection, asked, limit + 1, cursor))
    return AreaPage(items=found[:limit], next=found[limit - 1].id if len(found) > limit else None)


@router.get("/areas.geojson", responses=problems(404))
def read_areas_as_geojson(person: Reads, service: ServiceDependency, level: _LevelQuery = None, under: _Under = None) -> AreaFeatures:
    """Those whose ground is known, with it, as a FeatureCollection."""
    found = service.read(lambda connection: areas.grounds(connection, Asked(level, under, scope=person.scope)))
    return AreaFeatures(features=[AreaFeature(id=area.id, geometry=ground.to_geojson(), properties=area) for area, ground in found])


@router.get("/areas-at")
def list_areas_at(
    person: Reads, service: ServiceDependency, longitude: Annotated[Longitude, Query()], latitude: Annotated[Latitude, Query()]
) -> AreaPage:
    """In which areas a point lies, the largest first: at most one of each level. Where two share a border, the one whose code is first."""
    return AreaPage(items=service.read(lambda connection: areas.areas_at(connection, longitude, latitude, scope=person.scope)), next=None)


@router.get("/areas/{area}", responses=problems(404))
def read_area(area: AreaId, person: Reads, service: ServiceDependency) -> Area:
    """One area, also after it was retired."""
    return service.read(lambda connection: areas.area_of(connection, area))


@router.patch("/areas/{area}", responses=problems(400, 404, 409, 413))
async def correct_area(area: AreaId, person: Administers, service: ServiceDependency, wanted: AreaCorrection) -> Area:
    """Corrects names, kind, ground, or what the area lies in."""
    if wanted.parent is not None:
        level = (await service.consult(lambda connection: areas.area_of(connection, area))).level
        await _require_parent(service, person, level, wanted.parent)
    corrections = wanted.named()
    if wanted.geometry is not None:
        corrections["geometry"] = await _ground(wanted.geometry)
    act = service.act(person, wanted.reason)

    def correct(connection: Connection) -> Area:
        GridChange(connection, act).correct(area, corrections)
        return areas.area_of(connection, area)

    return await service.write(correct)


@router.post("/areas/{area}/retirement", responses=problems(400, 404, 409, 413))
async def retire_area(area: AreaId, person: Administers, service: ServiceDependency, wanted: Retirement) -> Area:
    """Refused as long as another area lies in it, or a site; the answer names them. It cannot be undone."""
    act = service.act(person, wanted.reason)
    return await service.write(lambda connection: GridChange(connection, act).retire(area))


async def _ground(document: dict[str, Any] | None) -> Geometry | None:
    if document is None:
        return None
    ground, faults = await run_in_threadpool(geometry.judge, document)
    if ground is None:
        raise InvalidError(*below(("geometry",), faults))
    return ground


async def _require_parent(service: Service, person: Person, level: Level, parent: str | None) -> None:
    """What lies in nothing is of the whole district."""
    if parent is None and person.scope.areas is not None:
        raise ForbiddenError("an area that lies in none of yours")
    try:
        if parent is not None:
            await require_right(service, person, "area", parent)
    except UnseenError as unseen:
        raise InvalidError(no_such_parent(level, unseen.name)) from None
