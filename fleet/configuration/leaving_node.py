"""What a gateway's configuration says of a node that leaves it, or whose sensors are exchanged. Rules follow the place: where another node
takes it over, they name that one from then on.

A calibration follows the sensor, and a wired node has an address on its bus: what holds afterwards, only a person knows.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from contract.faults import Fault
from contract.site import sections
from contract.site.rules import MAX_VERSION
from contract.site.sections import Section
from fleet.configuration import revisions
from fleet.devices.gateways import require_gateway
from fleet.errors import InvalidError
from fleet.people.audit import Act

_RULES = "rules"
_CALIBRATIONS = "calibrations"


def hand_over(connection: Connection, act: Act, gateway: str, node: str, successor: str | None) -> None:
    """A revision of the rules that name the node, with its successor in its place. successor: None when the gateway has none for it.
    Raises InvalidError with every other entry that names the node."""
    written = _written(connection, gateway)
    renamable = () if successor is None else (_RULES,)
    judged = [section for key, section in sections.by_people().items() if key not in renamable]
    remedy = f"another node than {node}, which leaves gateway {gateway}: first remove the entry, or let it name another"
    _refuse_named(judged, written, node, remedy)
    rules = written.get(_RULES, [])
    if successor is not None and any(node in rule.get("nodes", []) for rule in rules):
        revisions.write(connection, act, gateway, {_RULES: [_renamed(rule, node, successor) for rule in rules]})


def exchange_sensors(connection: Connection, gateway: str, node: str) -> None:
    """Raises InvalidError with every calibration of a sensor of the node."""
    remedy = f"no sensor of {node}, which gets others: first remove the entry from gateway {gateway}, then set what holds for the new ones"
    _refuse_named([sections.by_people()[_CALIBRATIONS]], _written(connection, gateway), node, remedy)


def _written(connection: Connection, gateway: str) -> dict[str, Any]:
    require_gateway(connection, gateway, lock=True)
    return {part: json.loads(row.content) for part, row in revisions.newest(connection, gateway).items()}


def _refuse_named(judged: Iterable[Section], written: Mapping[str, Any], node: str, remedy: str) -> None:
    named = [(section.key, *one) for section in judged for one in section.names(written.get(section.key))]
    faults = [Fault((key, *path), remedy, name) for key, path, kind, name in named if kind in ("node", "wired node") and name == node]
    if faults:
        raise InvalidError(*faults)


def _renamed(rule: dict[str, Any], node: str, successor: str) -> dict[str, Any]:
    if node not in rule.get("nodes", []):
        return rule
    nodes = [successor if named == node else named for named in rule["nodes"]]
    # A rule that has changed has a greater version: the gateway clears what the older one had raised.
    return rule | {"nodes": nodes, "version": min(rule["version"] + 1, MAX_VERSION)}
