"""The end of things. What was recorded of them stays readable, what still arrives of them is taken, their names are not given again."""

from sqlalchemy import Connection, select, update

from fleet.devices.enrolment import void_codes
from fleet.devices.gateways import is_retired, lock_gateway_and_place
from fleet.devices.nodes import lock_node
from fleet.devices.registration import Consequences
from fleet.devices.sensor_slots import end_all_of
from fleet.devices.tables import ENDED_KEY, hardware
from fleet.devices.tables import gateway as gateway_table
from fleet.devices.tables import node as node_table
from fleet.errors import InUseError
from fleet.people import access, audit
from fleet.people.audit import Act
from fleet.people.credentials import key_fingerprint
from fleet.places import sites
from fleet.places.deployment_rows import end_deployment, lock_present, standing_at, standing_under
from fleet.places.sites import Site
from fleet.store.news import announce


def retire_site(connection: Connection, act: Act, site: str) -> Site:
    """Raises NotFoundError, RetiredError; InUseError as long as anything stands there."""
    sites.lock_site(connection, site, for_change=True)
    of_site = gateway_table.c.site_id == site, gateway_table.c.retired_ms.is_(None)
    gateways = list(connection.execute(select(gateway_table.c.id).where(*of_site).order_by(gateway_table.c.id)).scalars())
    nodes = [node for node in standing_at(connection, site) if node not in gateways]
    if gateways or nodes:
        raise InUseError("site", site, [f"gateway {gateway}" for gateway in gateways] + [f"node {node}" for node in nodes])
    return sites.end_site(connection, act, site)


def retire_gateway(connection: Connection, act: Act, consequences: Consequences, gateway: str) -> list[str]:
    """Its token and its codes end now. The nodes that are left without a gateway until they are moved to another.

    Raises NotFoundError, RetiredError.
    """
    row, present = lock_gateway_and_place(connection, gateway)
    if present is not None and present.gateway == gateway:
        consequences.move_values(connection, gateway, end_deployment(connection, present, act.now_ms))
        connection.execute(update(node_table).where(node_table.c.id == gateway).values(retired_ms=act.now_ms))
    ended = {"retired_ms": act.now_ms, "token_sha256": None, "next_token_sha256": None}
    connection.execute(update(gateway_table).where(gateway_table.c.id == gateway).values(ended))
    void_codes(connection, act, gateway)
    end_all_of(connection, act, gateway)
    consequences.end_alarms(connection, gateway, act.now_ms)
    left = [one.node for one in standing_under(connection, gateway)]
    before, after = {"retired_ms": None, "site": row.site_id}, {"retired_ms": act.now_ms, "nodes_left": left}
    audit.record_change(connection, act, "gateway_retired", gateway, before, after)
    announce(connection, access.NEWS)
    return left


def retire_node(connection: Connection, act: Act, consequences: Consequences, node: str) -> dict[str, int]:
    """Its key ends. The documents that were issued for it: gateway -> version.

    Raises NotFoundError, RetiredError; InvalidError when the configuration of its gateway names it.
    """
    row = lock_node(connection, node)
    present = lock_present(connection, node)
    leaves = None if present is None or is_retired(connection, present.gateway) else present.gateway
    if leaves is not None:
        consequences.hand_over(connection, act, leaves, node, None)
    if present is not None:
        consequences.move_values(connection, node, end_deployment(connection, present, act.now_ms))
    end_all_of(connection, act, node)
    consequences.end_alarms(connection, node, act.now_ms)
    ended = {"retired_ms": act.now_ms, "key_hex": ENDED_KEY}
    connection.execute(update(node_table).where(node_table.c.id == node).values(ended))
    lasting = hardware.c.node_id == node, hardware.c.to_ms.is_(None)
    connection.execute(update(hardware).where(*lasting).values(to_ms=act.now_ms))
    place = {"site": present.site, "gateway": present.gateway} if present is not None else {}
    before = {"retired_ms": None, "key": key_fingerprint(row.key_hex), **place}
    audit.record_change(connection, act, "node_retired", node, before, {"retired_ms": act.now_ms})
    return {} if leaves is None else {leaves: consequences.issue(connection, leaves, act.now_ms)}
