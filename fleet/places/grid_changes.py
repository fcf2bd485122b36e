"""Changing the grid: areas are added, corrected, retired. Writes tables.area; what may be whose, grid.py says.

Changes of the grid come one after the other, also from several processes: each is judged on all areas that there are.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from contract.faults import MISSING, Fault
from fleet.errors import ConflictError, InUseError, InvalidError, NotFoundError, RetiredError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.places import grid
from fleet.places.areas import Area, area_of, area_of_row, ground_of_row
from fleet.places.geometry import Geometry
from fleet.places.grid import LEVELS
from fleet.places.tables import area as table
from fleet.places.tables import site as site_table
from fleet.store.dialect import one_at_a_time

# What of an area can be corrected.
CORRECTABLE = ("parent", "kind", "name_zh", "name_en", "geometry")


class GridChange:
    """Within one transaction, which until its end is the only one that changes the grid."""

    def __init__(self, connection: Connection, act: Act) -> None:
        one_at_a_time(connection, table)
        self._connection = connection
        self._act = act
        rows = connection.execute(select(table.c.id, table.c.level, table.c.parent_id).where(table.c.retired_ms.is_(None)))
        self._places = {row.id: grid.Place(row.id, LEVELS[row.level - 1], row.parent_id) for row in rows}

    def add(self, area: Area, ground: Geometry | None) -> Area:
        """Raises ConflictError; InvalidError where the grid has no place for it."""
        if self._connection.execute(select(table.c.id).where(table.c.id == area.id)).first():
            raise ConflictError("area", area.id)
        self._require_place(area)
        added = replace(area, has_geometry=ground is not None)
        row = {"id": area.id, "level": LEVELS.index(area.level) + 1, "created_ms": self._act.now_ms, **_columns(area), **_ground(ground)}
        self._connection.execute(insert(table), row)
        audit.record_change(self._connection, self._act, "area_added", area.id, None, {"level": area.level, **_shown(area, ground)})
        self._places[area.id] = area.place
        return added

    def correct(self, area: str, wanted: Mapping[str, Any]) -> bool:
        """wanted: by key of CORRECTABLE, the geometry as Geometry. Whether it changed anything. Raises NotFoundError, RetiredError;
        InvalidError when nothing is wanted, or where the grid has no place for it."""
        row = self._lock(area, for_key=False)
        if not wanted:
            raise InvalidError(Fault((), "at least one of " + ", ".join(CORRECTABLE), MISSING))
        known, ground = area_of_row(row), ground_of_row(row)
        wanted_ground = wanted.get("geometry", ground)
        corrected = replace(known, **{key: value for key, value in wanted.items() if key != "geometry"})
        self._require_place(corrected)
        before, after = _shown(known, ground), _shown(corrected, wanted_ground)
        changed = [key for key in after if before[key] != after[key]]
        if changed:
            self._connection.execute(update(table).where(table.c.id == area).values({**_columns(corrected), **_ground(wanted_ground)}))
            differences = {key: before[key] for key in changed}, {key: after[key] for key in changed}
            audit.record_change(self._connection, self._act, "area_changed", area, *differences)
            self._places[area] = corrected.place
        return bool(changed)

    def retire(self, area: str) -> Area:
        """Raises NotFoundError, RetiredError; InUseError as long as another area lies in it, or a site."""
        self._lock(area, for_key=True)
        users = [f"area {place.id}" for place in self._places.values() if place.parent == area]
        standing = select(site_table.c.id).where(site_table.c.area_id == area, site_table.c.retired_ms.is_(None))
        users = sorted(users) + [f"site {site}" for site in self._connection.execute(standing.order_by(site_table.c.id)).scalars()]
        if users:
            raise InUseError("area", area, users)
        self._connection.execute(update(table).where(table.c.id == area).values(retired_ms=self._act.now_ms))
        audit.record_change(self._connection, self._act, "area_retired", area, {"retired_ms": None}, {"retired_ms": self._act.now_ms})
        del self._places[area]
        return area_of(self._connection, area)

    def _require_place(self, area: Area) -> None:
        faults = grid.faults_of(area.place, area.kind, self._places)
        if faults:
            raise InvalidError(*faults)

    def _lock(self, area: str, for_key: bool) -> Any:
        """for_key: no site is put into it meanwhile; else others may, and wait for nothing."""
        row = self._connection.execute(select(table).where(table.c.id == area).with_for_update(key_share=not for_key)).first()
        if row is None:
            raise NotFoundError("area", area)
        if row.retired_ms is not None:
            raise RetiredError("area", area)
        return row


def _columns(area: Area) -> dict[str, Any]:
    return {"parent_id": area.parent, "kind": area.kind, "name_zh": area.name_zh, "name_en": area.name_en}


def _ground(ground: Geometry | None) -> dict[str, Any]:
    if ground is None:
        return {"geometry": None}
    return {"geometry": ground.to_text(), **dict(zip(("west", "south", "east", "north"), ground.box))}


def _shown(area: Area, ground: Geometry | None) -> dict[str, Any]:
    # The ground by the digest of its text, which may be long.
    shown = {"parent": area.parent, "kind": area.kind, "name_zh": area.name_zh, "name_en": area.name_en}
    return {**shown, "geometry_sha256": ground.digest() if ground else None}
