"""Who a board is to be: its identity file, the record by which the fleet learns of it, and what is wrong with either. Opens nothing; the
key is handed in.

Pure.
"""

import json
from difflib import get_close_matches
from typing import Any, NamedTuple

from contract import identity, settings
from contract.authentication import KEY_BYTES
from contract.faults import Fault, below
from technician import plausible
from technician.errors import ProvisionError

_MEND = "mend that line, or take it out of the file: it is no record of provision"
_ANY_KEY = "0" * 2 * KEY_BYTES
# What a node keeps for itself and what is of the node before it when a board gets another name: settings of the fleet and how their trial
# went, sensors, the last crash, items that were not delivered. The counter of boots stays: a boot id never repeats.
OF_THE_NODE_BEFORE = ("/settings-a", "/settings-b", "/trial-a", "/trial-b", "/sensors-a", "/sensors-b", "/crash.txt", "/spool/")


class Place(NamedTuple):
    """Where a node belongs."""

    node: str
    gateway: str
    site: str


class Network(NamedTuple):
    """How it reaches its gateway. `ssid` is None on a board without Wi-Fi."""

    broker_host: str
    broker_port: int
    broker_user: str
    broker_password: str
    ssid: str | None
    wifi_password: str


def faults(place: Place, network: Network, board: str | None, shipped: dict[str, Any]) -> list[Fault]:
    """Every fault of what a person typed, each path once."""
    found = plausible.name_faults({"node": place.node, "gateway": place.gateway, "site": place.site})
    found += plausible.wifi_faults(network.ssid, network.wifi_password) + plausible.broker_faults(network.broker_host)
    found += identity.faults(_fields(place, network, _ANY_KEY, board, shipped)) + below(("settings",), settings.unknown_keys(shipped))
    return each_path_once(found)


def each_path_once(found: list[Fault]) -> list[Fault]:
    """The first fault of each: a name that cannot be one is not looked for in vain, too."""
    by_path: dict[tuple[Any, ...], Fault] = {}
    for fault in found:
        by_path.setdefault(fault.path, fault)
    return list(by_path.values())


def identity_file(place: Place, network: Network, key: str, board: str | None, shipped: dict[str, Any]) -> bytes:
    """The content of identity.json; of what has no `faults`."""
    return json.dumps(_fields(place, network, key, board, shipped), separators=(",", ":")).encode()


def _fields(place: Place, network: Network, key: str, board: str | None, shipped: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "node": place.node,
        "gateway": place.gateway,
        "site": place.site,
        "key": key,
        "broker": {
            "host": network.broker_host,
            "port": network.broker_port,
            "user": network.broker_user,
            "password": network.broker_password,
        },
        "settings": shipped,
    }
    if network.ssid:
        fields["wifi"] = {"ssid": network.ssid, "password": network.wifi_password}
    if board:
        fields["board"] = board
    return fields


def port_faults(shipped: dict[str, Any], ports: list[int]) -> list[Fault]:
    """Of settings without other faults: sensors on ports that the board does not have."""
    allowed = "one of the board's ports: " + ", ".join(map(str, ports))
    sensors = list(enumerate(shipped.get("sensors", [])))
    return [Fault(("settings", "sensors", at, "port"), allowed, one["port"]) for at, one in sensors if one["port"] not in ports]


def unknown_name(kind: str, name: str, known: list[str]) -> list[Fault]:
    """Of a gateway or a site that the fleet does not have; the nearest names are offered."""
    if name in known:
        return []
    near = get_close_matches(name, known, 3)
    offered = f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(known[:8]) or 'none'}"
    return [Fault((kind,), f"a {kind} of the fleet: there is no {name}{offered}", name)]


def place_faults(place: Place, present: dict[str, Any]) -> list[Fault]:
    """present: where the fleet has the node of this name now."""
    move = f"move it first: airgrid-node move {place.node}"
    found = []
    if present.get("left_ms") is not None:
        found.append(Fault(("node",), "another name: the fleet has retired this one", place.node))
    for kind, wanted in (("gateway", place.gateway), ("site", place.site)):
        if present.get(kind) not in (None, wanted):
            found.append(Fault((kind,), f"{present[kind]}, where the fleet has {place.node}; or {move} --{kind} {wanted}", wanted))
    return found


def identity_on_board(content: bytes) -> dict[str, Any] | None:
    """The identity that a board has; None for one that is no identity: a node does not start with it."""
    try:
        fields = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) and not identity.faults(fields) else None


def of_the_node_before(files: list[str]) -> list[str]:
    """Of the files of a flash those that go when the board gets another name."""
    return [path for path in files if path.startswith(OF_THE_NODE_BEFORE)]


def record(place: Place, key: str, shipped: dict[str, Any]) -> dict[str, Any]:
    """What the fleet has to know: the body of POST /api/v1/nodes, and a line of a record file."""
    fields: dict[str, Any] = {"id": place.node, "gateway": place.gateway, "site": place.site, "key": key}
    return {**fields, "settings": shipped} if shipped else fields


def read_records(text: str) -> list[dict[str, Any]]:
    """The nodes of a record file, of each the last line: the lines before it are attempts that did not reach a board.

    Raises ProvisionError naming the first invalid line.
    """
    records: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ProvisionError(f"line {number} is not JSON", _MEND) from error
        if not isinstance(fields, dict) or not all(isinstance(fields.get(key), str) for key in ("id", "gateway", "site", "key")):
            raise ProvisionError(f"line {number} has not id, gateway, site and key", _MEND)
        records[fields["id"]] = fields
    return list(records.values())
