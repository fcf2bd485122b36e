"""Areas of the grid, as they are: lists of them, their ground, and which of them a point lies in. Knows tables.area."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from fleet.errors import NotFoundError
from fleet.people.rights import WHOLE, Scope
from fleet.places import geometry as geometries
from fleet.places.geometry import Geometry
from fleet.places.grid import LEVELS, Kind, Level, Place
from fleet.places.scopes import areas_in, of_areas
from fleet.places.tables import area as table


@dataclass(frozen=True, slots=True)
class Area:
    """id: its code. kind: what an area of the third level is, null where nobody said so. has_geometry: whether its ground is known."""

    id: str
    level: Level
    parent: str | None
    kind: Kind | None
    name_zh: str
    name_en: str
    has_geometry: bool = False
    retired_ms: int | None = None

    @property
    def place(self) -> Place:
        return Place(self.id, self.level, self.parent)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which areas. under: of this one and all below it. scope: that who asks may see."""

    level: Level | None = None
    under: str | None = None
    with_retired: bool = False
    scope: Scope = WHOLE


def areas(connection: Connection, asked: Asked, limit: int | None = None, after: str | None = None) -> list[Area]:
    """By code. after: the last one of the page before. Raises NotFoundError for what they should lie under."""
    return [area_of_row(row) for row in _rows(connection, asked, limit, after)]


def grounds(connection: Connection, asked: Asked) -> list[tuple[Area, Geometry]]:
    """Those whose ground is known, by code."""
    found = [(area_of_row(row), ground_of_row(row)) for row in _rows(connection, asked, None, None)]
    return [(area, ground) for area, ground in found if ground]


def all_areas(connection: Connection) -> list[Area]:
    """Those that there are, by code, without reading their ground."""
    columns = [column for column in table.c if column is not table.c.geometry]
    query = select(*columns).where(table.c.retired_ms.is_(None)).order_by(table.c.id)
    return [
        Area(row.id, LEVELS[row.level - 1], row.parent_id, row.kind, row.name_zh, row.name_en, row.west is not None)
        for row in connection.execute(query)
    ]


def area_of(connection: Connection, area: str) -> Area:
    """Raises NotFoundError."""
    row = _row(connection, area)
    if row is None:
        raise NotFoundError("area", area)
    return area_of_row(row)


def areas_at(connection: Connection, longitude: float, latitude: float, level: Level | None = None, scope: Scope = WHOLE) -> list[Area]:
    """In which a point lies, the largest first; of two of a level that share a border, the one whose code comes first. level: of this
    one only."""
    boxes = table.c.west <= longitude, table.c.east >= longitude, table.c.south <= latitude, table.c.north >= latitude
    query = select(table).where(*boxes, table.c.retired_ms.is_(None), *of_areas(table.c.id, scope)).order_by(table.c.level, table.c.id)
    if level is not None:
        query = query.where(table.c.level == LEVELS.index(level) + 1)
    found: dict[Level, Area] = {}
    for row in connection.execute(query):
        area, ground = area_of_row(row), ground_of_row(row)
        if area.level not in found and ground and ground.covers(longitude, latitude):
            found[area.level] = area
    return list(found.values())


def lock_place(connection: Connection, area: str) -> Place | None:
    """None where there is no such area, or no more; else it is not retired before the transaction ends."""
    query = select(table).where(table.c.id == area, table.c.retired_ms.is_(None))
    row = connection.execute(query.with_for_update(read=True, key_share=True)).first()
    return area_of_row(row).place if row else None


def with_all_below(connection: Connection, area: str, scope: Scope = WHOLE) -> Select[Any]:
    """The codes of an area and of all below it. Raises NotFoundError, also where the area is not in the scope."""
    known = select(table.c.id).where(table.c.id == area, *of_areas(table.c.id, scope))
    if connection.execute(known).first() is None:
        raise NotFoundError("area", area)
    return areas_in(Scope(frozenset({area})))


def _rows(connection: Connection, asked: Asked, limit: int | None, after: str | None) -> list[Any]:
    query: Select[Any] = select(table).where(*of_areas(table.c.id, asked.scope)).order_by(table.c.id).limit(limit)
    if asked.level is not None:
        query = query.where(table.c.level == LEVELS.index(asked.level) + 1)
    if asked.under is not None:
        query = query.where(table.c.id.in_(with_all_below(connection, asked.under, asked.scope)))
    if not asked.with_retired:
        query = query.where(table.c.retired_ms.is_(None))
    if after is not None:
        query = query.where(table.c.id > after)
    return list(connection.execute(query))


def _row(connection: Connection, area: str) -> Any:
    return connection.execute(select(table).where(table.c.id == area)).first()


def area_of_row(row: Any) -> Area:
    has_geometry = row.geometry is not None
    return Area(row.id, LEVELS[row.level - 1], row.parent_id, row.kind, row.name_zh, row.name_en, has_geometry, row.retired_ms)


def ground_of_row(row: Any) -> Geometry | None:
    return None if row.geometry is None else geometries.of_text(row.geometry)
