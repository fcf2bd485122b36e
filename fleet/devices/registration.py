"""Registering gateways and nodes. Every change names who made it; a change that a gateway must know of issues its next desired
document in the same transaction. Does not depend on what a document contains: its issuer is handed in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from contract.faults import Fault
from fleet.devices.enrolment import create_enrolment_code
from fleet.devices.gateways import is_retired, lock_gateway, require_gateway_in_use
from fleet.devices.tables import NO_KEY, hardware
from fleet.devices.tables import gateway as gateway_table
from fleet.devices.tables import node as node_table
from fleet.errors import ConflictError, InvalidError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.people.credentials import key_fingerprint, new_node_key
from fleet.places.deployment_rows import begin_deployment, end_deployment, lock_present, replaced_by
from fleet.places.deployments import Deployment
from fleet.places.sites import lock_site


@dataclass(frozen=True, slots=True)
class NewNode:
    """replaces: the node whose positions at the site it takes over, slot for slot."""

    id: str
    gateway: str
    site: str
    key: str | None
    settings: dict[str, Any] | None
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """key: as given, or made here. documents: the version of each gateway's desired document that was issued for it. again: it was there
    already, and nothing has changed."""

    key: str
    documents: dict[str, int]
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What changes of things set off in the subjects above them. issue(connection, gateway, now_ms): the version of the gateway's next
    document; raises InvalidError when it names a node that it does not list. revise(connection, act, node, settings): raises InvalidError
    on settings with faults. move_values(connection, node, from_ms): what is recorded of a node from then on, when it left a place, goes to
    where the node was by then. hand_over(connection, act, gateway, node, successor): the configuration of the gateway that a node leaves
    names the successor, None when that gateway has none; raises InvalidError where only a person can rename. exchange_sensors(connection,
    gateway, node): raises InvalidError when a calibration is of a sensor of the node. end_alarms(connection, thing, now_ms): of a
    gateway or node that is retired."""

    issue: Callable[[Connection, str, int], int]
    revise: Callable[[Connection, Act, str, dict[str, Any]], int]
    move_values: Callable[[Connection, str, int], None]
    hand_over: Callable[[Connection, Act, str, str, str | None], None]
    exchange_sensors: Callable[[Connection, str, str], None]
    end_alarms: Callable[[Connection, str, int], None]


def add_gateway(connection: Connection, act: Act, consequences: Consequences, gateway: str, site: str, code_expires_ms: int) -> str:
    """The enrolment code."""
    _refuse_taken(connection, "gateway", gateway)
    _refuse_taken(connection, "node", gateway)
    lock_site(connection, site)
    row = {"id": gateway, "site_id": site, "created_ms": act.now_ms, "desired_version": 0}
    connection.execute(insert(gateway_table), row)
    # The gateway delivers its own items as a node of its name (ADR 0009).
    _add_row(connection, act, gateway, NO_KEY)
    begin_deployment(connection, gateway, site, gateway, act.now_ms)
    audit.record_change(connection, act, "gateway_added", gateway, None, {"site": site})
    consequences.issue(connection, gateway, act.now_ms)
    return create_enrolment_code(connection, act, gateway, code_expires_ms)


def renew_enrolment(connection: Connection, act: Act, gateway: str, code_expires_ms: int) -> str:
    """Raises NotFoundError, RetiredError."""
    lock_gateway(connection, gateway)
    return create_enrolment_code(connection, act, gateway, code_expires_ms)


def add_node(connection: Connection, act: Act, consequences: Consequences, node: NewNode) -> Registered:
    """The same node again, by the same key at the same place and in the place of the same node, changes nothing: who did not hear the
    answer asks again.

    Raises ConflictError, NotFoundError, RetiredError; InvalidError on settings with faults, and on a predecessor that is not at this
    site or that the configuration of its gateway names where only a person can rename."""
    if node.key is not None and _is_registered(connection, node, node.key):
        return Registered(node.key, {}, again=True)
    _refuse_taken(connection, "node", node.id)
    require_gateway_in_use(connection, node.gateway)
    lock_site(connection, node.site)
    key = node.key or new_node_key()
    predecessor = _lock_predecessor(connection, node) if node.replaces is not None else None
    leaves = None if predecessor is None or is_retired(connection, predecessor.gateway) else predecessor.gateway
    from_ms = act.now_ms if predecessor is None else end_deployment(connection, predecessor, act.now_ms)
    _add_row(connection, act, node.id, key)
    connection.execute(insert(hardware), {"node_id": node.id, "number": 1, "from_ms": act.now_ms})
    begin_deployment(connection, node.id, node.site, node.gateway, from_ms, predecessor)
    if predecessor is not None:
        consequences.move_values(connection, predecessor.node, from_ms)
        successor = node.id if node.gateway == predecessor.gateway else None
        if leaves is not None:
            consequences.hand_over(connection, act, leaves, predecessor.node, successor)
        place = {"site": predecessor.site, "gateway": predecessor.gateway}
        before, after = {**place, "deployed": True}, {**place, "deployed": False, "successor": node.id}
        audit.record_change(connection, act, "node_replaced", predecessor.node, before, after)
    added = {"gateway": node.gateway, "site": node.site, "key": key_fingerprint(key), "replaces": node.replaces}
    audit.record_change(connection, act, "node_added", node.id, None, added)
    if node.settings is not None:
        consequences.revise(connection, act, node.id, node.settings)
    gateways = sorted({node.gateway, leaves or node.gateway})
    return Registered(key, {gateway: consequences.issue(connection, gateway, act.now_ms) for gateway in gateways})


def _is_registered(connection: Connection, node: NewNode, key: str) -> bool:
    present = lock_present(connection, node.id)
    if present is None or (present.gateway, present.site) != (node.gateway, node.site):
        return False
    if node.replaces is not None and node.replaces != replaced_by(connection, present):
        return False
    return connection.execute(select(node_table.c.key_hex).where(node_table.c.id == node.id)).scalar() == key


def _lock_predecessor(connection: Connection, node: NewNode) -> Deployment:
    assert node.replaces is not None
    present = lock_present(connection, node.replaces)
    if present is None or present.site != node.site or present.gateway == node.replaces:
        raise InvalidError(Fault(("replaces",), f"a node that is deployed at {node.site}", node.replaces))
    return present


def _add_row(connection: Connection, act: Act, node: str, key: str) -> None:
    connection.execute(insert(node_table), {"id": node, "key_hex": key, "created_ms": act.now_ms, "settings_version": 0})


def _refuse_taken(connection: Connection, kind: str, name: str) -> None:
    table = {"gateway": gateway_table, "node": node_table}[kind]
    if connection.execute(select(table.c.id).where(table.c.id == name)).first():
        raise ConflictError(kind, name)
