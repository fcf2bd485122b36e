"""The nodes of the district as people see them: where each is, when it was last heard, how far its settings are."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from fleet.devices.nodes import SettingsState, settings_state
from fleet.devices.tables import NO_KEY, node_report
from fleet.devices.tables import node as node_table
from fleet.errors import NotFoundError
from fleet.places.tables import deployment, site
from fleet.record.tables import boot


@dataclass(frozen=True, slots=True)
class NodeView:
    """last_ms: start of the newest item by its date; None before the first. station: a gateway itself, with what it
    reports under its own name."""

    id: str
    site: str
    site_name: str
    gateway: str
    latitude: float
    longitude: float
    created_ms: int
    last_ms: int | None
    settings_version: int
    settings_state: SettingsState
    station: bool


def nodes(connection: Connection, only: str | None = None) -> list[NodeView]:
    """Those that are deployed, and those gateways that have reported anything themselves; or only this one, where it was last."""
    node, place, report = node_table, deployment, node_report
    heard = select(func.max(boot.c.last_ms)).where(boot.c.node_id == node.c.id).scalar_subquery().label("last_ms")
    query = (
        select(node.c.id, node.c.created_ms, node.c.settings_version, place.c.site_id, place.c.gateway_id, heard, report)
        .add_columns(site.c.name, site.c.latitude, site.c.longitude)
        .select_from(node.join(place, place.c.node_id == node.c.id).join(site).outerjoin(report, report.c.node_id == node.c.id))
        .add_columns((node.c.key_hex == NO_KEY).label("station"))
        .order_by(node.c.id)
    )
    if only is None:
        query = query.where(place.c.to_ms.is_(None), (node.c.key_hex != NO_KEY) | has_reported())
    else:
        query = query.where(node.c.id == only).order_by(place.c.id.desc()).limit(1)
    return [_node_view(row) for row in connection.execute(query)]


def has_reported() -> ColumnElement[bool]:
    """Whether anything came of the node of the enclosing query."""
    return select(boot.c.id).where(boot.c.node_id == node_table.c.id).exists()


def node(connection: Connection, name: str) -> NodeView:
    """Raises NotFoundError."""
    found = nodes(connection, name)
    if not found:
        raise NotFoundError("node", name)
    return found[0]


def _node_view(row: Any) -> NodeView:
    return NodeView(
        row.id, row.site_id, row.name, row.gateway_id, row.latitude, row.longitude, row.created_ms, row.last_ms,
        row.settings_version, settings_state(row), row.station,
    )  # fmt: skip
