"""Changes of the settings of a node by people: what they differ in is shown first, a sensor is taken away only when that is confirmed in so
many words, and every version stays, with who made it and why.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from fleet.configuration import desired, node_settings, tables
from fleet.configuration.difference import Difference, of_settings, removed_sensors
from fleet.configuration.history import History, Version, history
from fleet.configuration.signing import SigningKey
from fleet.devices import nodes
from fleet.errors import InvalidError, NotFoundError, RemovalError, StaleError
from fleet.people.audit import Act

# What is wanted, made of the settings that are wanted now.
Make = Callable[[Connection, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """removes: what the person knows to be taken away. version: that the person has read; None: any."""

    removes: list[str]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class SettingsDifference:
    """before: the version that the difference is to. removes: the sensors that are taken away."""

    before: int
    difference: list[Difference]
    removes: list[str]


@dataclass(frozen=True, slots=True)
class SettingsChange:
    version: int
    changed: SettingsDifference
    documents: dict[str, int]


def preview(connection: Connection, node: str, make: Make, version: int | None = None) -> SettingsDifference:
    """What a change would change; only reads. Raises NotFoundError, RetiredError, StaleError; InvalidError with every fault."""
    nodes.node_in_use(connection, node)
    return _judged(connection, node, make, version)[1]


def change(connection: Connection, act: Act, signing_key: SigningKey, node: str, make: Make, confirmed: Confirmed) -> SettingsChange:
    """A new revision, issued to the gateway. Raises as preview does, and RemovalError when it takes away what was not confirmed."""
    nodes.lock_node(connection, node)
    wanted, changed = _judged(connection, node, make, confirmed.version)
    if sorted(confirmed.removes) != sorted(changed.removes):
        raise RemovalError(changed.removes)
    gateway = node_settings.gateway_of(connection, node)
    version = node_settings.revise(connection, act, node, wanted)
    return SettingsChange(version, changed, {gateway: desired.issue(signing_key, connection, gateway, act.now_ms)})


def restored(connection: Connection, node: str, version: int | None) -> dict[str, Any]:
    """The settings of that version; None: of the one before that is wanted now. Raises NotFoundError."""
    if version is None:
        current = node_settings.read(connection, node).desired.version
        before = _versions(connection, node, current, 1)
        version = before[0].version if before else 0
    return dict(version_of(connection, node, version).value)


def version_of(connection: Connection, node: str, version: int) -> Version:
    """Version 0: as shipped. Raises NotFoundError."""
    node_settings.read(connection, node)
    found = [Version(0, {})] if version == 0 else _versions(connection, node, version + 1, 1)
    if not found or found[0].version != version:
        raise NotFoundError("version", f"{version} of the settings of {node}")
    return found[0]


def versions(connection: Connection, node: str, below: int | None, limit: int) -> History:
    """Raises NotFoundError."""
    node_settings.read(connection, node)
    return history(_versions(connection, node, below, limit + 1), limit, {}, of_settings)


def _judged(connection: Connection, node: str, make: Make, version: int | None) -> tuple[dict[str, Any], SettingsDifference]:
    before = node_settings.read(connection, node).desired
    if version not in (None, before.version):
        raise StaleError(f"the settings of {node}", before.version)
    wanted = make(connection, before.settings)
    faults = node_settings.settings_faults(wanted)
    if faults:
        raise InvalidError(*faults)
    differing = of_settings(before.settings, wanted)
    return wanted, SettingsDifference(before.version, differing, removed_sensors(before.settings, wanted))


def _versions(connection: Connection, node: str, below: int | None, limit: int) -> list[Version]:
    table = tables.settings_revision
    query = select(table).where(table.c.node_id == node).order_by(table.c.version.desc()).limit(limit)
    rows = connection.execute(query if below is None else query.where(table.c.version < below))
    return [Version(row.version, json.loads(row.settings), row.author, row.reason, row.created_ms) for row in rows]
