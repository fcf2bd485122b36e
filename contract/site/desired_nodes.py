# The list "nodes" of a desired document: who speaks to a gateway, with what key, and the settings that each is to have.
#
#   {"node": "n-0001", "key": "<64 hex digits>", "settings": {...}, "settings_version": 3}

from contract.authentication import KEY_BYTES
from contract.faults import MISSING, Fault, below
from contract.settings import faults as settings_faults
from contract.settings import unknown_keys as unknown_settings
from contract.topics import is_node_id
from contract.values import MAX_SEQ, is_int

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

MAX_NODES = 1000


def faults(nodes: object) -> "list[Fault]":
    """Every fault of the list. An unknown key is not one."""
    if not isinstance(nodes, list) or len(nodes) > MAX_NODES:
        return [Fault((), "a list of at most %d" % MAX_NODES, nodes)]
    found: "list[Fault]" = []
    names = set()
    for index, node in enumerate(nodes):
        found.extend(below((index,), _node_faults(node)))
        name = node.get("node") if isinstance(node, dict) else None
        if isinstance(name, str) and name in names:
            found.append(Fault((index, "node"), "each node once", name))
        elif isinstance(name, str):
            names.add(name)
    return found


def unknown_keys(nodes: "list[Any]") -> "list[Fault]":
    """Of the settings: the rest is written by the fleet alone."""
    found: "list[Fault]" = []
    for index, node in enumerate(nodes):
        settings = node.get("settings") if isinstance(node, dict) else None
        if isinstance(settings, dict):
            found.extend(below((index, "settings"), unknown_settings(settings)))
    return found


def _node_faults(node: object) -> "list[Fault]":
    if not isinstance(node, dict):
        return [Fault((), "an object", node)]
    found = []
    if not (isinstance(node.get("node"), str) and is_node_id(node["node"])):
        found.append(Fault(("node",), "1 to 32 of a-z, 0-9 and -", node.get("node", MISSING)))
    if not _is_key(node.get("key")):
        found.append(Fault(("key",), "%d hex digits" % (2 * KEY_BYTES), node.get("key", MISSING)))
    if not is_int(node.get("settings_version"), 0, MAX_SEQ):
        found.append(Fault(("settings_version",), "an integer, 0 to %d" % MAX_SEQ, node.get("settings_version", MISSING)))
    return found + below(("settings",), settings_faults(node.get("settings", MISSING)))


def _is_key(text: object) -> bool:
    return isinstance(text, str) and len(text) == 2 * KEY_BYTES and all(c in "0123456789abcdef" for c in text)
