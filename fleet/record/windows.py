"""Which values of which series are whose: the link between the series of a site and the nodes that fill them."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from fleet.people.rights import WHOLE, Scope
from fleet.places.deployment_rows import as_deployment
from fleet.places.deployments import Deployment
from fleet.places.scopes import of_sites
from fleet.places.tables import deployment, slot_position
from fleet.record.tables import series
from fleet.store.dialect import read_packed


@dataclass(frozen=True, slots=True)
class Window:
    """Values of the series with from_ms <= start < to_ms are of this slot of this node. to_ms: None for no end. outside: what the node
    reported of a time outside its deployment. A node that goes from gateway to gateway and stays where it is has one window."""

    series_id: int
    position: int
    node: str
    slot: int
    from_ms: int
    to_ms: int | None
    deployed_from_ms: int
    deployed_to_ms: int | None
    outside: bool

    def contains(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms and (self.to_ms is None or at_ms < self.to_ms)


def of_node(connection: Connection, node: str, quantity: int, slot: int | None, scope: Scope = WHOLE) -> list[Window]:
    """slot: None for all. scope: at sites there only. In the order of their series."""
    condition = [deployment.c.node_id == node, *of_sites(deployment.c.site_id, scope)]
    return _windows(connection, quantity, [*condition, *([] if slot is None else [slot_position.c.slot == slot])])


def of_nodes(connection: Connection, quantity: int, nodes: list[str]) -> list[Window]:
    """Of every slot of these nodes, also of places where they are no more."""
    return _windows(connection, quantity, [deployment.c.node_id.in_(nodes)])


def names_of_nodes(connection: Connection, quantity: int, nodes: list[str]) -> list[str]:
    """Of these nodes those that have, or had, the quantity; where none is named, of those that are deployed those that have it there."""
    condition = deployment.c.node_id.in_(nodes) if nodes else deployment.c.to_ms.is_(None)
    return [name for (name,) in read_packed(connection, _joined(select(deployment.c.node_id).distinct(), quantity, [condition]))]


def of_site(connection: Connection, site: str, quantity: int, position: int | None) -> list[Window]:
    """position: None for all. In the order of their series, those of one by time."""
    condition = [deployment.c.site_id == site]
    return _windows(connection, quantity, [*condition, *([] if position is None else [slot_position.c.position == position])])


def gateway_at(connection: Connection, node: str, at_ms: int) -> str | None:
    """Under which the node was then; None of a time at which it was nowhere."""
    begun = deployment.c.node_id == node, deployment.c.from_ms <= at_ms, deployment.c.to_ms.is_(None) | (deployment.c.to_ms > at_ms)
    found: str | None = connection.execute(select(deployment.c.gateway_id).where(*begun).order_by(deployment.c.id.desc()).limit(1)).scalar()
    return found


def _windows(connection: Connection, quantity: int, conditions: list[ColumnElement[bool]]) -> list[Window]:
    query = select(deployment, series.c.id.label("series_id"), slot_position.c.slot, slot_position.c.outside, slot_position.c.position)
    ordered = _joined(query, quantity, conditions).order_by(series.c.id, deployment.c.id)
    found: list[Window] = []
    last: Deployment | None = None
    for row in connection.execute(ordered):
        held = as_deployment(row)
        if last is not None and _goes_on(found[-1], last, row, held):
            found[-1] = replace(found[-1], to_ms=held.to_ms, deployed_to_ms=held.to_ms)
        else:
            found.append(_window(row, held))
        last = held
    return found


def _goes_on(window: Window, before: Deployment, row: Any, held: Deployment) -> bool:
    same_place = window.series_id == row.series_id and not window.outside and not row.outside
    return same_place and held.node == before.node and held.replaces == before.id


def _joined(query: Select[Any], quantity: int, conditions: list[ColumnElement[bool]]) -> Select[Any]:
    return (
        query.join(slot_position, slot_position.c.deployment_id == deployment.c.id)
        .join(series, (series.c.site_id == deployment.c.site_id) & (series.c.position == slot_position.c.position))
        .where(series.c.quantity == quantity, *conditions)
    )


def _window(row: Any, held: Deployment) -> Window:
    span = (0, None) if row.outside else (held.holds_from_ms, held.to_ms)
    return Window(row.series_id, row.position, held.node, row.slot, *span, held.from_ms, held.to_ms, row.outside)
