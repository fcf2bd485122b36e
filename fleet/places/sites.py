"""Sites: the places of a district at which something is deployed, each in a cell of the grid."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Select, insert, select, update

from contract.faults import MISSING, Fault
from fleet.errors import ConflictError, InvalidError, NotFoundError, RetiredError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.people.rights import WHOLE, Scope
from fleet.places import areas
from fleet.places.grid import CELL
from fleet.places.scopes import no_such_area, of_sites
from fleet.places.tables import site as site_table

# fixed: of the grid; mobile: on a vehicle; reference: an official station; colocation: a stand beside one, at which nodes are calibrated.
Kind = Literal["fixed", "mobile", "reference", "colocation"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOBILE: Kind = "mobile"
# What of a site can be corrected.
CORRECTABLE = ("name", "latitude", "longitude", "area", "kind", "inlet_height_m", "surroundings")
SURROUNDINGS_CHARACTERS = 2000
MOST_INLET_HEIGHT_M = 500


@dataclass(frozen=True, slots=True)
class Site:
    """area: the cell that it stands in; of a mobile site whichever area it drives in; null where nobody said. inlet_height_m: of the
    inlet above the ground."""

    id: str
    name: str
    latitude: float
    longitude: float
    area: str | None = None
    kind: Kind = "fixed"
    inlet_height_m: float | None = None
    surroundings: str = ""
    retired_ms: int | None = None


def add_site(connection: Connection, act: Act, site: Site) -> Site:
    """In the cell whose ground its place lies in, where it names none. Raises ConflictError, InvalidError."""
    if _row(connection, site.id):
        raise ConflictError("site", site.id)
    added = site if site.area is not None else replace(site, area=_cell_at(connection, site))
    _require_area(connection, added)
    connection.execute(insert(site_table), {"id": site.id, "created_ms": act.now_ms, **_columns(_correctable(added))})
    audit.record_change(connection, act, "site_added", site.id, None, _correctable(added))
    return added


def correct_site(connection: Connection, act: Act, site: str, wanted: Mapping[str, Any]) -> Site:
    """wanted: by key of CORRECTABLE. One that moves out of the cell it lay in goes into the one it lies in then. Raises NotFoundError,
    RetiredError; InvalidError when nothing is wanted, or of a wrong area."""
    known = _site(lock_site(connection, site, for_change=True))
    if not wanted:
        raise InvalidError(Fault((), "at least one of " + ", ".join(CORRECTABLE), MISSING))
    wanted = {**wanted, **_cell_of_new_place(connection, known, wanted)}
    _require_area(connection, replace(known, **wanted))
    before = {key: getattr(known, key) for key in wanted if getattr(known, key) != wanted[key]}
    if before:
        connection.execute(update(site_table).where(site_table.c.id == site).values(_columns(wanted)))
        audit.record_change(connection, act, "site_changed", site, before, {key: wanted[key] for key in before})
    return site_of(connection, site)


def end_site(connection: Connection, act: Act, site: str) -> Site:
    """Retires it. The caller has locked it, and has seen that nothing stands there."""
    connection.execute(update(site_table).where(site_table.c.id == site).values(retired_ms=act.now_ms))
    audit.record_change(connection, act, "site_retired", site, {"retired_ms": None}, {"retired_ms": act.now_ms})
    return site_of(connection, site)


def sites(
    connection: Connection,
    with_retired: bool = False,
    limit: int | None = None,
    after: str | None = None,
    under: str | None = None,
    scope: Scope = WHOLE,
) -> list[Site]:
    """By name. after: the last one of the page before. under: an area, and all below it. scope: that who asks may see. Raises
    NotFoundError."""
    query = select(site_table).where(*of_sites(site_table.c.id, scope)).order_by(site_table.c.id).limit(limit)
    if not with_retired:
        query = query.where(site_table.c.retired_ms.is_(None))
    if after is not None:
        query = query.where(site_table.c.id > after)
    if under is not None:
        query = query.where(site_table.c.area_id.in_(areas.with_all_below(connection, under, scope)))
    return [_site(row) for row in connection.execute(query)]


def sites_under(connection: Connection, area: str, scope: Scope = WHOLE) -> Select[Any]:
    """The names of those in this area and all below it, retired or not. Raises NotFoundError, of an area outside the scope too."""
    return select(site_table.c.id).where(site_table.c.area_id.in_(areas.with_all_below(connection, area, scope)))


def names(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Of these sites, by id, retired or not."""
    rows = connection.execute(select(site_table.c.id, site_table.c.name).where(site_table.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


def site_of(connection: Connection, site: str) -> Site:
    """Raises NotFoundError."""
    row = _row(connection, site)
    if row is None:
        raise NotFoundError("site", site)
    return _site(row)


def require_site(connection: Connection, site: str) -> None:
    """Raises NotFoundError."""
    if _row(connection, site) is None:
        raise NotFoundError("site", site)


def lock_site(connection: Connection, site: str, for_change: bool = False) -> Any:
    """The row of a site at which something may be deployed; it is not retired before the transaction ends. for_change: nor changed, and
    nobody is in the middle of deploying something there. Raises NotFoundError, RetiredError."""
    query = select(site_table).where(site_table.c.id == site)
    row = connection.execute(query.with_for_update(read=not for_change, key_share=not for_change)).first()
    if row is None:
        raise NotFoundError("site", site)
    if row.retired_ms is not None:
        raise RetiredError("site", site)
    return row


def _cell_at(connection: Connection, site: Site) -> str | None:
    if site.kind == MOBILE:
        return None
    found = areas.areas_at(connection, site.longitude, site.latitude, CELL)
    return found[0].id if found else None


def _cell_of_new_place(connection: Connection, known: Site, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Of a site that moves on the map: the cell it lies in then, unless it was put into another one than it lay in, by name."""
    moved = replace(known, **wanted)
    if "area" in wanted or (moved.latitude, moved.longitude) == (known.latitude, known.longitude):
        return {}
    return {"area": _cell_at(connection, moved)} if known.area in (None, _cell_at(connection, known)) else {}


def _require_area(connection: Connection, site: Site) -> None:
    if site.area is None:
        return
    # Locked, so that it is not retired meanwhile.
    place = areas.lock_place(connection, site.area)
    if place is None:
        raise InvalidError(no_such_area(site.area))
    if site.kind != MOBILE and place.level != CELL:
        raise InvalidError(Fault(("area",), f"a {CELL}, for all but a {MOBILE} site; {place.id} is a {place.level}", site.area))


def _correctable(site: Site) -> dict[str, Any]:
    return {key: value for key, value in asdict(site).items() if key in CORRECTABLE}


def _columns(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {"area_id" if key == "area" else key: value for key, value in wanted.items()}


def _site(row: Any) -> Site:
    of_place = (row.id, row.name, row.latitude, row.longitude, row.area_id)
    return Site(*of_place, row.kind, row.inlet_height_m, row.surroundings, row.retired_ms)


def _row(connection: Connection, site: str) -> Any:
    return connection.execute(select(site_table).where(site_table.c.id == site)).first()
