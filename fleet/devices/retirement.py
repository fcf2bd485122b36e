"""The end of things. What was recorded of them stays readable; their names are not given again."""

from sqlalchemy import Connection, select

from fleet.devices.tables import gateway as gateway_table
from fleet.errors import InUseError
from fleet.people.audit import Act
from fleet.places import sites
from fleet.places.deployment_rows import standing_at
from fleet.places.sites import Site


def retire_site(connection: Connection, act: Act, site: str) -> Site:
    """Raises NotFoundError, RetiredError; InUseError as long as anything stands there."""
    sites.lock_site(connection, site, for_change=True)
    of_site = gateway_table.c.site_id == site, gateway_table.c.retired_ms.is_(None)
    gateways = list(connection.execute(select(gateway_table.c.id).where(*of_site).order_by(gateway_table.c.id)).scalars())
    nodes = [node for node in standing_at(connection, site) if node not in gateways]
    if gateways or nodes:
        raise InUseError("site", site, [f"gateway {gateway}" for gateway in gateways] + [f"node {node}" for node in nodes])
    return sites.end_site(connection, act, site)
