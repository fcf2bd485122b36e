"""Changes of the settings of a node by people: what they differ in is shown first, a sensor is taken away only when that is confirmed in so
many words, and every version stays, with who made it and why.
"""

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select

from fleet.configuration import desired, node_settings, tables
from fleet.configuration.changing import Changed, Confirmed, Made, require_known, require_read
from fleet.configuration.difference import of_settings, removed_sensors
from fleet.configuration.history import Version, Versions
from fleet.configuration.signing import SigningKey
from fleet.devices import nodes
from fleet.errors import InvalidError
from fleet.people.audit import Act

# What is wanted, made of the settings that are wanted now.
Make = Callable[[Connection, dict[str, Any]], dict[str, Any]]


def preview(connection: Connection, node: str, make: Make, confirmed: Confirmed) -> Changed:
    """What a change would change; only reads. Raises NotFoundError, RetiredError, StaleError; InvalidError with every fault."""
    nodes.node_in_use(connection, node)
    return _judged(connection, node, make, confirmed)[1]


def change(connection: Connection, act: Act, signing_key: SigningKey, node: str, make: Make, confirmed: Confirmed) -> Made:
    """A new revision, issued to the gateway. Raises as preview does, and RemovalError when it takes away what was not confirmed."""
    nodes.lock_node(connection, node)
    wanted, changed = _judged(connection, node, make, confirmed)
    require_known(changed, confirmed)
    gateway = node_settings.gateway_of(connection, node)
    version = node_settings.revise(connection, act, node, wanted)
    return Made(version, changed, {gateway: desired.issue(signing_key, connection, gateway, act.now_ms)})


def restored(connection: Connection, node: str, version: int | None) -> dict[str, Any]:
    """The settings of that version; None: of the one before that is wanted now. Raises NotFoundError."""
    had = versions(connection, node)
    found = had.before(node_settings.read(connection, node).desired.version) if version is None else had.whole(version)
    return dict(found.value)


def versions(connection: Connection, node: str) -> Versions:
    """Raises NotFoundError."""
    node_settings.read(connection, node)

    def stored(below: int | None, limit: int) -> list[Version]:
        table = tables.settings_revision
        query = select(table).where(table.c.node_id == node).order_by(table.c.version.desc()).limit(limit)
        rows = connection.execute(query if below is None else query.where(table.c.version < below))
        return [Version(row.version, json.loads(row.settings), row.author, row.reason, row.created_ms) for row in rows]

    return Versions(_what(node), {}, of_settings, stored)


def _judged(connection: Connection, node: str, make: Make, confirmed: Confirmed) -> tuple[dict[str, Any], Changed]:
    before = node_settings.read(connection, node).desired
    require_read(_what(node), before.version, confirmed)
    wanted = make(connection, before.settings)
    faults = node_settings.settings_faults(wanted)
    if faults:
        raise InvalidError(*faults)
    return wanted, Changed(before.version, of_settings(before.settings, wanted), removed_sensors(before.settings, wanted))


def _what(node: str) -> str:
    return f"the settings of {node}"
