"""The settings of nodes: immutable revisions of what is wanted, and what the node says of them.

contract.settings is the judge of a document; a key that it does not know is refused here, where people type.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from contract import settings as contract_settings
from contract.faults import Fault, below
from contract.site import device_api
from fleet.configuration import tables
from fleet.devices import nodes
from fleet.devices import tables as devices
from fleet.devices.nodes import SettingsState
from fleet.errors import InvalidError, NotFoundError
from fleet.people import audit
from fleet.people.audit import Act
from fleet.places.tables import deployment


@dataclass(frozen=True, slots=True)
class Wanted:
    """Version 0: nothing was ever asked of the node; it runs as shipped."""

    version: int
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reported:
    """version: in force when ok, else refused by the node for these faults."""

    version: int
    ok: bool
    faults: list[str]
    at_ms: int


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """in_force: by the node's newest item; None before its first."""

    desired: Wanted
    reported: Reported | None
    in_force: int | None
    state: SettingsState


def revise(connection: Connection, act: Act, node: str, settings: dict[str, Any]) -> int:
    """The number of the new revision. Raises InvalidError with every fault."""
    faults = settings_faults(settings)
    if faults:
        raise InvalidError(*faults)
    before, version = _next_version(connection, node)
    nodes.set_settings(connection, node, version, len(settings.get("sensors", [])))
    row = {"node_id": node, "version": version, "settings": json.dumps(settings, ensure_ascii=False)}
    row |= {"author": act.who, "reason": act.reason, "created_ms": act.now_ms}
    connection.execute(insert(tables.settings_revision), row)
    audit.record_change(connection, act, "settings_changed", node, {"version": before}, {"version": version})
    return version


def settings_faults(settings: dict[str, Any]) -> list[Fault]:
    return below(("settings",), contract_settings.faults(settings) + contract_settings.unknown_keys(settings))


def kept(connection: Connection, node: str, settings: dict[str, Any]) -> list[str]:
    """What to say when a node is registered once more, with these settings: that others are wanted of it by now, which stay. Raises
    InvalidError with every fault."""
    faults = settings_faults(settings)
    if faults:
        raise InvalidError(*faults)
    wanted = read(connection, node).desired
    if wanted.settings == settings:
        return []
    remedy = f"change them by PATCH nodes/{node}/settings"
    return [f"node {node} keeps its settings (version {wanted.version}), which are others than these: {remedy}"]


def gateway_of(connection: Connection, node: str) -> str:
    """Where the node is now. Raises NotFoundError."""
    query = select(deployment.c.gateway_id).where(deployment.c.node_id == node, deployment.c.to_ms.is_(None))
    gateway = connection.execute(query).scalar()
    if gateway is None:
        raise NotFoundError("node", node)
    return str(gateway)


def read(connection: Connection, node: str) -> NodeSettings:
    """Raises NotFoundError."""
    query = select(
        devices.node.c.settings_version, devices.node.c.key_hex, tables.settings_revision.c.settings, devices.node_report
    ).select_from(_with_reports())
    row = connection.execute(query.where(devices.node.c.id == node)).first()
    if row is None:
        raise NotFoundError("node", node)
    return of_row(row)


def of_row(row: Any) -> NodeSettings:
    wanted = Wanted(row.settings_version, json.loads(row.settings) if row.settings else {})
    return NodeSettings(wanted, _reported(row), row.in_force, nodes.settings_state(row))


def _with_reports() -> Any:
    node, revision, report = devices.node, tables.settings_revision, devices.node_report
    of_version = (revision.c.node_id == node.c.id) & (revision.c.version == node.c.settings_version)
    return node.outerjoin(revision, of_version).outerjoin(report, report.c.node_id == node.c.id)


def _reported(row: Any) -> Reported | None:
    refused = row.answered_version is not None and not row.answered_ok and row.answered_version != row.in_force
    if refused or (row.in_force is None and row.answered_version is not None):
        return Reported(row.answered_version, row.answered_ok, json.loads(row.answered_faults), row.answered_ms)
    return None if row.in_force is None else Reported(row.in_force, True, [], row.in_force_ms)


def _next_version(connection: Connection, node: str) -> tuple[int, int]:
    # The version that is wanted now, and the next.
    # A node takes only a greater version than it has, which may be one that this store does not know of, as after a backup was restored.
    report = nodes.settings_reports(connection, {node}).get(node)
    current = nodes.lock_settings_version(connection, node)
    reported = (report.in_force, report.answered_version) if report else ()
    known = [version for version in reported if version is not None and version <= current + device_api.MAX_VERSIONS_AHEAD]
    return current, int(max([current, *known])) + 1
