"""Rights as conditions of a query: which areas and sites lie in a scope, which nodes stand there, and in which areas a place lies.

A node lies where the site of its newest deployment does, also after it was taken down.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from contract.faults import Fault
from fleet.errors import InvalidError
from fleet.people.rights import Scope
from fleet.places.tables import area, deployment, site, site_photo

# An area and all above it, the area first; empty for what lies in none; None: there is no such thing.
Path = tuple[str, ...] | None
# Every number of so many digits fits into a column.
MAX_DIGITS = 18


def areas_in(scope: Scope) -> Select[Any]:
    """The codes of those in a scope that has limits."""
    assert scope.areas is not None
    found = select(area.c.id).where(area.c.id.in_(scope.areas)).cte(recursive=True)
    # Of a scope that names an area and one below it each comes once, and so does what ends the walk.
    found = found.union(select(area.c.id).where(area.c.parent_id == found.c.id))
    return select(found.c.id)


def sites_in(scope: Scope) -> Select[Any]:
    """The names of those in a scope that has limits."""
    return select(site.c.id).where(site.c.area_id.in_(areas_in(scope)))


def nodes_in(scope: Scope) -> Select[Any]:
    """The names of those in a scope that has limits."""
    newest = select(func.max(deployment.c.id)).group_by(deployment.c.node_id)
    return select(deployment.c.node_id).where(deployment.c.id.in_(newest), deployment.c.site_id.in_(sites_in(scope)))


def of_areas(column: ColumnElement[Any], scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions of a query: the column names areas in the scope; none of the whole district."""
    return [] if scope.areas is None else [column.in_(areas_in(scope))]


def of_sites(column: ColumnElement[Any], scope: Scope) -> list[ColumnElement[bool]]:
    """The same of a column that names sites."""
    return [] if scope.areas is None else [column.in_(sites_in(scope))]


def of_nodes(column: ColumnElement[Any], scope: Scope) -> list[ColumnElement[bool]]:
    """The same of a column that names nodes."""
    return [] if scope.areas is None else [column.in_(nodes_in(scope))]


def no_such_area(name: str) -> Fault:
    return Fault(("area",), "an existing area: GET /api/v1/areas lists them", name)


def require_area(connection: Connection, name: str) -> None:
    """Raises InvalidError."""
    if path_of_area(connection, name) is None:
        raise InvalidError(no_such_area(name))


def number_of(name: str) -> int:
    """Of a thing that a path names by its number; of what is no number 0, which none has."""
    return int(name) if name.isascii() and name.isdecimal() and len(name) <= MAX_DIGITS else 0


def path_of_area(connection: Connection, name: str) -> Path:
    above = select(area.c.id, area.c.parent_id, area.c.level).where(area.c.id == name).cte(recursive=True)
    above = above.union(select(area.c.id, area.c.parent_id, area.c.level).where(area.c.id == above.c.parent_id))
    return tuple(connection.execute(select(above.c.id).order_by(above.c.level.desc())).scalars()) or None


def path_of_site(connection: Connection, name: str) -> Path:
    row = connection.execute(select(site.c.area_id).where(site.c.id == name)).first()
    if row is None:
        return None
    return () if row.area_id is None else path_of_area(connection, row.area_id)


def path_of_photo(connection: Connection, number: str) -> Path:
    """Where the site is that it shows."""
    shows = connection.execute(select(site_photo.c.site_id).where(site_photo.c.id == number_of(number))).scalar()
    return None if shows is None else path_of_site(connection, shows)


def path_of_node(connection: Connection, name: str) -> Path:
    newest = select(deployment.c.site_id).where(deployment.c.node_id == name).order_by(deployment.c.id.desc()).limit(1)
    site = connection.execute(newest).scalar()
    return None if site is None else path_of_site(connection, site)
