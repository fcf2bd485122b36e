"""Who a board is to be: its identity file, and the record by which the fleet learns of it. Opens nothing; the key is handed in.

Pure.
"""

import json
from typing import Any, NamedTuple

from contract import identity, settings
from contract.faults import below
from technician.errors import ProvisionError


class Place(NamedTuple):
    """Where a node belongs."""

    node: str
    gateway: str
    site: str


class Network(NamedTuple):
    """How it reaches its gateway. `ssid` is empty on a board without Wi-Fi."""

    broker_host: str
    broker_port: int
    broker_user: str
    broker_password: str
    ssid: str
    wifi_password: str


def identity_file(place: Place, network: Network, key: str, board: str | None, shipped: dict[str, Any]) -> bytes:
    """The content of identity.json. Raises ProvisionError with every fault."""
    fields: dict[str, Any] = {
        "node": place.node,
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
    found = identity.faults(fields) or below(("settings",), settings.unknown_keys(shipped))
    if found:
        raise ProvisionError("this identity would not work:", found)
    return json.dumps(fields, separators=(",", ":")).encode()


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
        except ValueError as error:
            raise ProvisionError(f"line {number} is not JSON") from error
        if not isinstance(fields, dict) or not all(isinstance(fields.get(key), str) for key in ("id", "gateway", "site", "key")):
            raise ProvisionError(f"line {number} has not id, gateway, site and key")
        records[fields["id"]] = fields
    return list(records.values())
