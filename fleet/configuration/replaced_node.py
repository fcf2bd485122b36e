"""What a gateway's configuration says of a node that another replaces. Rules follow the place: they name the new node from then on.

A calibration follows the sensor, and a wired node has an address on its bus: what holds for the new node, only a person knows.
"""

import json
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


def hand_over(connection: Connection, act: Act, gateway: str, node: str, successor: str | None) -> None:
    """A revision of the rules that name the node, with its successor in its place. successor: None when it belongs to another gateway,
    which the rules of this one cannot name. Raises InvalidError with every other entry that names the node."""
    require_gateway(connection, gateway, lock=True)
    written = {part: json.loads(row.content) for part, row in revisions.newest(connection, gateway).items()}
    renamable = () if successor is None else (_RULES,)
    judged = [section for key, section in sections.by_people().items() if key not in renamable]
    faults = [fault for section in judged for fault in _naming(gateway, section, written.get(section.key), node)]
    if faults:
        raise InvalidError(*faults)
    rules = written.get(_RULES, [])
    if successor is not None and any(node in rule.get("nodes", []) for rule in rules):
        revisions.write(connection, act, gateway, {_RULES: [_renamed(rule, node, successor) for rule in rules]})


def _naming(gateway: str, section: Section, value: Any, node: str) -> list[Fault]:
    remedy = f"another node than {node}, which is replaced: first remove the entry from gateway {gateway}, or let it name another"
    named = section.names(value)
    return [Fault((section.key, *path), remedy, name) for path, kind, name in named if kind in ("node", "wired node") and name == node]


def _renamed(rule: dict[str, Any], node: str, successor: str) -> dict[str, Any]:
    if node not in rule.get("nodes", []):
        return rule
    nodes = [successor if named == node else named for named in rule["nodes"]]
    # A rule that has changed has a greater version: the gateway clears what the older one had raised.
    return rule | {"nodes": nodes, "version": min(rule["version"] + 1, MAX_VERSION)}
