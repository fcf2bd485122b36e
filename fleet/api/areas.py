"""Areas of the grid: adding, correcting, retiring them; as GeoJSON; and in which of them a point lies."""

from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import Connection

from contract.faults import below
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Admin, AreaId, ServiceDependency
from fleet.api.fields import Explained, Id, Latitude, Limit, Line, Longitude, NameCursor, Reasoned, Retirement, example
from fleet.errors import InvalidError
from fleet.http.openapi import problems
from fleet.places import areas, geometry
from fleet.places.areas import Area, Asked
from fleet.places.geometry import Geometry
from fleet.places.grid import Kind, Level
from fleet.places.grid_changes import GridChange

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
async def add_area(admin: Admin, service: ServiceDependency, wanted: AreaRequest) -> Area:
    """Adds an area of the grid: the district first, then townships in it, communities in these, cells in these."""
    ground = await _ground(wanted.geometry)
    area = Area(wanted.id, wanted.level, wanted.parent, wanted.kind, wanted.name_zh, wanted.name_en)
    act = service.act(admin, wanted.reason)
    return await service.write(lambda connection: GridChange(connection, act).add(area, ground))


@router.get("/areas", responses=problems(404))
def list_areas(
    _admin: Admin,
    service: ServiceDependency,
    level: _LevelQuery = None,
    under: _Under = None,
    retired: _Retired = False,
    limit: Limit = 100,
    cursor: NameCursor = None,
) -> AreaPage:
    """The areas of the grid, by code."""
    asked = Asked(level, under, retired)
    found = service.read(lambda connection: areas.areas(connection, asked, limit + 1, cursor))
    return AreaPage(items=found[:limit], next=found[limit - 1].id if len(found) > limit else None)


@router.get("/areas.geojson", responses=problems(404))
def read_areas_as_geojson(_admin: Admin, service: ServiceDependency, level: _LevelQuery = None, under: _Under = None) -> AreaFeatures:
    """Those whose ground is known, with it, as a FeatureCollection."""
    found = service.read(lambda connection: areas.grounds(connection, Asked(level, under)))
    return AreaFeatures(features=[AreaFeature(id=area.id, geometry=ground.to_geojson(), properties=area) for area, ground in found])


@router.get("/areas-at")
def list_areas_at(
    _admin: Admin, service: ServiceDependency, longitude: Annotated[Longitude, Query()], latitude: Annotated[Latitude, Query()]
) -> AreaPage:
    """In which areas a point lies, the largest first: at most one of each level. Where two share a border, the one whose code is first."""
    return AreaPage(items=service.read(lambda connection: areas.areas_at(connection, longitude, latitude)), next=None)


@router.get("/areas/{area}", responses=problems(404))
def read_area(area: AreaId, _admin: Admin, service: ServiceDependency) -> Area:
    """One area, also after it was retired."""
    return service.read(lambda connection: areas.area_of(connection, area))


@router.patch("/areas/{area}", responses=problems(400, 404, 409, 413))
async def correct_area(area: AreaId, admin: Admin, service: ServiceDependency, wanted: AreaCorrection) -> Area:
    """Corrects names, kind, ground, or what the area lies in."""
    corrections = wanted.named()
    if wanted.geometry is not None:
        corrections["geometry"] = await _ground(wanted.geometry)
    act = service.act(admin, wanted.reason)

    def correct(connection: Connection) -> Area:
        GridChange(connection, act).correct(area, corrections)
        return areas.area_of(connection, area)

    return await service.write(correct)


@router.post("/areas/{area}/retirement", responses=problems(400, 404, 409, 413))
async def retire_area(area: AreaId, admin: Admin, service: ServiceDependency, wanted: Retirement) -> Area:
    """Refused as long as another area lies in it, or a site; the answer names them. It cannot be undone."""
    act = service.act(admin, wanted.reason)
    return await service.write(lambda connection: GridChange(connection, act).retire(area))


async def _ground(document: dict[str, Any] | None) -> Geometry | None:
    if document is None:
        return None
    ground, faults = await run_in_threadpool(geometry.judge, document)
    if ground is None:
        raise InvalidError(*below(("geometry",), faults))
    return ground
