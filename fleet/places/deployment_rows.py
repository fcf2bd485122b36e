"""Deployments and positions in the store. What they mean is decided in deployments.py.

Rows are locked where the database locks rows: a deployment does not end while something is recorded under it, and a site gives one
position at a time.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, insert, select, update

from contract.faults import Fault
from fleet.errors import InvalidError
from fleet.places.deployments import DeployedSlot, Deployment, position_for
from fleet.places.tables import deployment as deployment_table
from fleet.places.tables import site as site_table
from fleet.places.tables import slot_position


def begin_deployment(connection: Connection, node: str, site: str, gateway: str, now_ms: int, replaces: Deployment | None) -> None:
    row = {"node_id": node, "site_id": site, "gateway_id": gateway, "from_ms": now_ms, "replaces_id": replaces.id if replaces else None}
    connection.execute(insert(deployment_table), row)


def end_deployment(connection: Connection, node: str, site: str, now_ms: int) -> Deployment:
    """The deployment of the node at the site, which another node replaces now. A gateway cannot be replaced.

    Raises InvalidError when the node is not deployed there.
    """
    table = deployment_table
    lasting = table.c.node_id == node, table.c.site_id == site, table.c.to_ms.is_(None), table.c.gateway_id != node
    row = connection.execute(select(table).where(*lasting).with_for_update()).first()
    if row is None:
        raise InvalidError(Fault(("replaces",), f"a node that is deployed at {site}", node))
    connection.execute(update(table).where(table.c.id == row.id).values(to_ms=now_ms))
    return as_deployment(row)


def standing_at(connection: Connection, site: str) -> list[str]:
    """The nodes that are deployed at the site now, gateways among them."""
    lasting = deployment_table.c.site_id == site, deployment_table.c.to_ms.is_(None)
    return list(connection.execute(select(deployment_table.c.node_id).where(*lasting).order_by(deployment_table.c.node_id)).scalars())


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
    return Deployment(row.id, row.node_id, row.site_id, row.gateway_id, row.from_ms, row.to_ms, row.replaces_id)
