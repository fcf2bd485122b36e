"""The nodes of the district as people see them: where each is, when it was last heard, how far its settings are."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, func, select

from fleet.devices.nodes import SettingsState, settings_state
from fleet.devices.tables import NO_KEY, node_report
from fleet.devices.tables import node as node_table
from fleet.errors import NotFoundError
from fleet.people.rights import WHOLE, Scope
from fleet.places.scopes import of_sites
from fleet.places.tables import deployment, site
from fleet.record.tables import boot

NodeState = Literal["never_heard", "no_sensors", "reports"]


@dataclass(frozen=True, slots=True)
class NodeView:
    """last_ms: start of the newest item by its date; None before the first. station: a gateway itself, with what it reports under its own
    name. sensors: how many its settings name; None of a station. state: no_sensors when it runs with settings that name none; whether it
    still reports, last_ms says. left_ms: since when it is not deployed any more, because another took its place or it was retired."""

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
    sensors: int | None = None
    state: NodeState = "reports"
    left_ms: int | None = None
    retired_ms: int | None = None


def nodes(
    connection: Connection,
    only: str | None = None,
    with_retired: bool = False,
    limit: int | None = None,
    after: str | None = None,
    scope: Scope = WHOLE,
) -> list[NodeView]:
    """By name. Those that are deployed, and those gateways that have reported anything themselves; with_retired: all that ever were, where
    each was last; or only this one. after: the last one of the page before. scope: that who asks may see."""
    node, place, report = node_table, deployment, node_report
    heard = select(func.max(boot.c.last_ms)).where(boot.c.node_id == node.c.id).scalar_subquery().label("last_ms")
    query = (
        select(node.c.id, node.c.created_ms, node.c.settings_version, node.c.sensors, node.c.key_hex, node.c.retired_ms)
        .add_columns(place.c.site_id, place.c.gateway_id, place.c.to_ms, heard, report)
        .add_columns(site.c.name, site.c.latitude, site.c.longitude)
        .select_from(node.join(place, place.c.node_id == node.c.id).join(site).outerjoin(report, report.c.node_id == node.c.id))
        .order_by(node.c.id)
    )
    if only is not None or with_retired:
        newest = deployment.alias("newest")
        query = query.where(place.c.id == select(func.max(newest.c.id)).where(newest.c.node_id == node.c.id).scalar_subquery())
    else:
        query = query.where(place.c.to_ms.is_(None))
    query = query.where((node.c.key_hex != NO_KEY) | has_reported() if only is None else node.c.id == only)
    if after is not None:
        query = query.where(node.c.id > after)
    query = query.where(*of_sites(place.c.site_id, scope))
    return [_node_view(row) for row in connection.execute(query.limit(limit))]


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
    station = row.key_hex == NO_KEY
    return NodeView(
        row.id, row.site_id, row.name, row.gateway_id, row.latitude, row.longitude, row.created_ms, row.last_ms,
        row.settings_version, settings_state(row), station, None if station else row.sensors, _state(row), row.to_ms, row.retired_ms,
    )  # fmt: skip


def _state(row: Any) -> NodeState:
    if row.last_ms is None:
        return "never_heard"
    runs_without = row.key_hex != NO_KEY and row.sensors == 0 and row.in_force == row.settings_version
    return "no_sensors" if runs_without else "reports"
