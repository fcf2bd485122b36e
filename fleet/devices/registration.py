"""Sites, gateways, nodes, and what is where. Every change names who made it; a change that a gateway must know of issues its
next desired document in the same transaction.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from fleet import tables
from fleet.configuration import desired, node_settings
from fleet.configuration.signing import SigningKey
from fleet.errors import ConflictError, NotFoundError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.people.credentials import new_node_key
from fleet.people.tokens import create_enrolment_code
from fleet.tables import NO_KEY


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class NewNode:
    id: str
    gateway: str
    site: str
    key: str | None
    settings: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Registered:
    """key: as given, or made here. gateway_version: of the desired document that tells the gateway."""

    key: str
    gateway_version: int


def add_site(connection: Connection, act: Act, site: Site) -> None:
    _refuse_taken(connection, tables.site, "site", site.id)
    row = {"id": site.id, "name": site.name, "latitude": site.latitude, "longitude": site.longitude, "created_ms": act.now_ms}
    connection.execute(insert(tables.site), row)
    audit.note(connection, act, "site_added", site.id)


def sites(connection: Connection) -> list[Site]:
    rows = connection.execute(select(tables.site).order_by(tables.site.c.id))
    return [Site(row.id, row.name, row.latitude, row.longitude) for row in rows]


def add_gateway(connection: Connection, act: Act, signing_key: SigningKey, gateway: str, site: str, code_expires_ms: int) -> str:
    """The enrolment code."""
    _refuse_taken(connection, tables.gateway, "gateway", gateway)
    _refuse_taken(connection, tables.node, "node", gateway)
    require(connection, tables.site, "site", site)
    row = {"id": gateway, "site_id": site, "created_ms": act.now_ms, "desired_version": 0}
    connection.execute(insert(tables.gateway), row)
    # The gateway speaks for itself as a node of its name (ADR 0009).
    _place(connection, act, NewNode(gateway, gateway, site, NO_KEY, None), NO_KEY)
    audit.note(connection, act, "gateway_added", gateway)
    desired.issue(connection, signing_key, gateway, act.now_ms)
    return create_enrolment_code(connection, act, gateway, code_expires_ms)


def renew_enrolment(connection: Connection, act: Act, gateway: str, code_expires_ms: int) -> str:
    require(connection, tables.gateway, "gateway", gateway)
    return create_enrolment_code(connection, act, gateway, code_expires_ms)


def add_node(connection: Connection, act: Act, signing_key: SigningKey, node: NewNode) -> Registered:
    """Raises InvalidError on settings with faults."""
    _refuse_taken(connection, tables.node, "node", node.id)
    require(connection, tables.gateway, "gateway", node.gateway)
    require(connection, tables.site, "site", node.site)
    key = node.key or new_node_key()
    _place(connection, act, node, key)
    audit.note(connection, act, "node_added", node.id)
    if node.settings is not None:
        node_settings.revise(connection, act, node.id, node.settings)
    return Registered(key, desired.issue(connection, signing_key, node.gateway, act.now_ms))


def _place(connection: Connection, act: Act, node: NewNode, key: str) -> None:
    connection.execute(insert(tables.node), {"id": node.id, "key_hex": key, "created_ms": act.now_ms, "settings_version": 0})
    place = {"node_id": node.id, "gateway_id": node.gateway, "site_id": node.site, "from_ms": act.now_ms}
    connection.execute(insert(tables.deployment), place)


def require(connection: Connection, table: Table, kind: str, name: str) -> None:
    """Raises NotFoundError."""
    if connection.execute(select(table.c.id).where(table.c.id == name)).first() is None:
        raise NotFoundError(kind, name)


def _refuse_taken(connection: Connection, table: Table, kind: str, name: str) -> None:
    if connection.execute(select(table.c.id).where(table.c.id == name)).first():
        raise ConflictError(kind, name)
