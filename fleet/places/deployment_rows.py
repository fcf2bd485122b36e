"""Deployments in the store: which node is at which site, heard through which gateway, from when to when."""

from sqlalchemy import Connection, insert

from fleet.places.tables import deployment


def begin_deployment(connection: Connection, node: str, site: str, gateway: str, now_ms: int) -> None:
    connection.execute(insert(deployment), {"node_id": node, "site_id": site, "gateway_id": gateway, "from_ms": now_ms})
