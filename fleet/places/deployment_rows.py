"""Deployments and positions in the store. What they mean is decided in deployments.py.

Rows are locked where the database locks rows: a deployment does not end while something is recorded under it, and a site gives one
position at a time.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, insert, select, update

from fleet.people.rights import WHOLE, Scope
from fleet.places.deployments import DeployedSlot, Deployment, position_for
from fleet.places.scopes import of_sites
from fleet.places.tables import deployment as deployment_table
from fleet.places.tables import site as site_table
from fleet.places.tables import slot_position


def begin_deployment(connection: Connection, node: str, site: str, gateway: str, from_ms: int, replaces: Deployment | None = None) -> None:
    """replaces: of another node, whose positions it takes over."""
    row = {"node_id": node, "site_id": site, "gateway_id": gateway, "from_ms": from_ms}
    before = {"replaces_id": replaces.id, "node_from_ms": from_ms} if replaces else {"node_from_ms": 0}
    connection.execute(insert(deployment_table), row | before)


def go_on_under(connection: Connection, before: Deployment, gateway: str, from_ms: int) -> None:
    """The node stays where it is, with its positions, and is another gateway's from now on. before: its deployment that ended now."""
    row = {"node_id": before.node, "site_id": before.site, "gateway_id": gateway, "from_ms": from_ms}
    row |= {"replaces_id": before.id, "node_from_ms": before.node_from_ms}
    new = connection.execute(insert(deployment_table).returning(deployment_table.c.id), row).scalar_one()
    own = slot_position.c.deployment_id == before.id, ~slot_position.c.outside
    given = [
        {"deployment_id": new, "slot": one.slot, "outside": False, "position": one.position}
        for one in connection.execute(select(slot_position).where(*own))
    ]
    if given:
        connection.execute(insert(slot_position), given)


def lock_present(connection: Connection, node: str) -> Deployment | None:
    """Where the node is deployed now, about to be changed."""
    lasting = deployment_table.c.node_id == node, deployment_table.c.to_ms.is_(None)
    row = connection.execute(select(deployment_table).where(*lasting).with_for_update()).first()
    return as_deployment(row) if row else None


def replaced_by(connection: Connection, deployment: Deployment) -> str | None:
    """The node whose place the node of this deployment took, also when it went to another gateway since; None when it took none."""
    table, before = deployment_table, deployment.replaces
    while before is not None:
        row = connection.execute(select(table.c.node_id, table.c.replaces_id).where(table.c.id == before)).one()
        if row.node_id != deployment.node:
            return str(row.node_id)
        before = row.replaces_id
    return None


def end_deployment(connection: Connection, ended: Deployment, now_ms: int) -> int:
    """Since when it is over: never before it began, should the clock have gone back."""
    to_ms = max(now_ms, ended.from_ms)
    connection.execute(update(deployment_table).where(deployment_table.c.id == ended.id).values(to_ms=to_ms))
    return to_ms


def history_of(connection: Connection, node: str, limit: int | None = None, after: int = 0, scope: Scope = WHOLE) -> list[Deployment]:
    """Where the node was, the earliest first; so many behind the deployment with the id `after`. scope: at sites there only."""
    of_node = deployment_table.c.node_id == node, deployment_table.c.id > after, *of_sites(deployment_table.c.site_id, scope)
    query = select(deployment_table).where(*of_node).order_by(deployment_table.c.id).limit(limit)
    return [as_deployment(row) for row in connection.execute(query)]


def history_at(connection: Connection, site: str, limit: int) -> list[Deployment]:
    """What was at the site, gateways among them, the newest first."""
    query = select(deployment_table).where(deployment_table.c.site_id == site).order_by(deployment_table.c.id.desc()).limit(limit)
    return [as_deployment(row) for row in connection.execute(query)]


def standing_at(connection: Connection, site: str) -> list[str]:
    """The nodes that are deployed at the site now, gateways among them."""
    lasting = deployment_table.c.site_id == site, deployment_table.c.to_ms.is_(None)
    return list(connection.execute(select(deployment_table.c.node_id).where(*lasting).order_by(deployment_table.c.node_id)).scalars())


def sites_of(connection: Connection, nodes: Collection[str]) -> dict[str, str]:
    """By node, the site at which it is deployed now; one that is deployed nowhere is absent."""
    lasting = deployment_table.c.node_id.in_(nodes), deployment_table.c.to_ms.is_(None)
    return {
        row.node_id: row.site_id
        for row in connection.execute(select(deployment_table.c.node_id, deployment_table.c.site_id).where(*lasting))
    }


def standing_under(connection: Connection, gateway: str) -> list[Deployment]:
    """The nodes that are the gateway's now, itself among them, by name."""
    lasting = deployment_table.c.gateway_id == gateway, deployment_table.c.to_ms.is_(None)
    query = select(deployment_table).where(*lasting).order_by(deployment_table.c.node_id)
    return [as_deployment(row) for row in connection.execute(query)]


def deployments_of(connection: Connection, nodes: Collection[str]) -> dict[str, list[Deployment]]:
    """By node, the earliest first; none of them ends before the transaction does. A node that is not deployed is absent."""
    table = deployment_table
    query = select(table).where(table.c.node_id.in_(nodes)).order_by(table.c.id).with_for_update(read=True)
    found: dict[str, list[Deployment]] = {}
    for row in connection.execute(query):
        found.setdefault(row.node_id, []).append(as_deployment(row))
    return found


def position_of(connection: Connection, deployment: Deployment, slot: int, outside: bool) -> int:
    """Given now where the slot had none."""
    wanted = DeployedSlot(deployment.id, slot, outside)
    connection.execute(select(site_table.c.id).where(site_table.c.id == deployment.site).with_for_update(key_share=True))
    of_site = select(deployment_table.c.id, deployment_table.c.replaces_id).where(deployment_table.c.site_id == deployment.site)
    replaced = {row.id: row.replaces_id for row in connection.execute(of_site)}
    rows = connection.execute(
        select(slot_position).where(slot_position.c.deployment_id.in_(of_site.with_only_columns(deployment_table.c.id)))
    )
    given: dict[DeployedSlot, int] = {DeployedSlot(row.deployment_id, row.slot, row.outside): row.position for row in rows}
    if wanted not in given:
        given[wanted] = position_for(wanted, replaced, given)
        new = {"deployment_id": deployment.id, "slot": slot, "outside": outside, "position": given[wanted]}
        connection.execute(insert(slot_position), new)
    return given[wanted]


def as_deployment(row: Any) -> Deployment:
    """row: all columns of deployment."""
    return Deployment(row.id, row.node_id, row.site_id, row.gateway_id, row.from_ms, row.to_ms, row.replaces_id, row.node_from_ms)
