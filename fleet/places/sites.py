"""Sites: the places of a district at which something is deployed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from contract.faults import MISSING, Fault
from fleet.errors import ConflictError, InvalidError, NotFoundError, RetiredError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.places.tables import site as site_table

# What of a site can be corrected.
CORRECTABLE = ("name", "latitude", "longitude")


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    name: str
    latitude: float
    longitude: float
    retired_ms: int | None = None


def add_site(connection: Connection, act: Act, site: Site) -> None:
    """Raises ConflictError."""
    if _row(connection, site.id):
        raise ConflictError("site", site.id)
    row = {"id": site.id, "name": site.name, "latitude": site.latitude, "longitude": site.longitude, "created_ms": act.now_ms}
    connection.execute(insert(site_table), row)
    audit.record_change(connection, act, "site_added", site.id, None, {key: row[key] for key in CORRECTABLE})


def correct_site(connection: Connection, act: Act, site: str, wanted: Mapping[str, Any]) -> Site:
    """wanted: by key of CORRECTABLE. Raises NotFoundError, RetiredError; InvalidError when nothing is wanted."""
    row = lock_site(connection, site, for_change=True)
    if not wanted:
        raise InvalidError(Fault((), "at least one of " + ", ".join(CORRECTABLE), MISSING))
    before = {key: getattr(row, key) for key in wanted if getattr(row, key) != wanted[key]}
    connection.execute(update(site_table).where(site_table.c.id == site).values(dict(wanted)))
    audit.record_change(connection, act, "site_changed", site, before, {key: wanted[key] for key in before})
    return site_of(connection, site)


def end_site(connection: Connection, act: Act, site: str) -> Site:
    """Retires it. The caller has locked it, and has seen that nothing stands there."""
    connection.execute(update(site_table).where(site_table.c.id == site).values(retired_ms=act.now_ms))
    audit.record_change(connection, act, "site_retired", site, {"retired_ms": None}, {"retired_ms": act.now_ms})
    return site_of(connection, site)


def sites(connection: Connection, with_retired: bool = False, limit: int | None = None, after: str | None = None) -> list[Site]:
    """By name. after: the last one of the page before."""
    query = select(site_table).order_by(site_table.c.id).limit(limit)
    if not with_retired:
        query = query.where(site_table.c.retired_ms.is_(None))
    if after is not None:
        query = query.where(site_table.c.id > after)
    return [_site(row) for row in connection.execute(query)]


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


def _site(row: Any) -> Site:
    return Site(row.id, row.name, row.latitude, row.longitude, row.retired_ms)


def _row(connection: Connection, site: str) -> Any:
    return connection.execute(select(site_table).where(site_table.c.id == site)).first()
