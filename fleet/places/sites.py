"""Sites: the places of a district at which something is deployed."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from fleet.errors import ConflictError, NotFoundError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.places.tables import site as site_table


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    name: str
    latitude: float
    longitude: float


def add_site(connection: Connection, act: Act, site: Site) -> None:
    """Raises ConflictError."""
    if _exists(connection, site.id):
        raise ConflictError("site", site.id)
    row = {"id": site.id, "name": site.name, "latitude": site.latitude, "longitude": site.longitude, "created_ms": act.now_ms}
    connection.execute(insert(site_table), row)
    audit.record_change(connection, act, "site_added", site.id)


def sites(connection: Connection) -> list[Site]:
    rows = connection.execute(select(site_table).order_by(site_table.c.id))
    return [Site(row.id, row.name, row.latitude, row.longitude) for row in rows]


def require_site(connection: Connection, site: str) -> None:
    """Raises NotFoundError."""
    if not _exists(connection, site):
        raise NotFoundError("site", site)


def _exists(connection: Connection, site: str) -> bool:
    return connection.execute(select(site_table.c.id).where(site_table.c.id == site)).first() is not None
