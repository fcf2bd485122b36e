"""Giving a board its name: asks the fleet and the board everything first, then writes. What was cut anywhere is mended by the same call.

asks                                writes, each of these may be the last          mended by
gateway, site, name at the fleet    record file (the key is nowhere else)          the same: the last line of a node counts
kind, Wi-Fi, identity of the board  files of another name off the board            the same
                                    identity.json, whole or not at all             the same: a key that is on the board is kept
                                    reset
                                    the fleet hears of the node                    the same: the same record twice is no fault
"""

import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from contract.authentication import KEY_BYTES
from contract.faults import Fault
from contract.site import broker_access
from technician import provisioning
from technician.board_kinds import BoardFacts, builds_for, require_fit, require_interpreter
from technician.errors import FleetError, ProvisionError, leaving
from technician.plausible import is_loopback
from technician.provisioning import Network, Place

IDENTITY = "/identity.json"
NOTHING_WRITTEN = "Nothing was written: neither to the board nor at the fleet."
AGAIN = "run the same command again"


class Device(Protocol):
    """What a board offers (board.py)."""

    port: str
    facts: BoardFacts

    def hashes(self) -> dict[str, str]: ...
    def read(self, path: str) -> bytes: ...
    def remove(self, path: str) -> None: ...
    def write(self, path: str, content: bytes) -> None: ...
    def reset(self) -> None: ...


class Fleet(Protocol):
    """What the fleet offers (fleet_client.py)."""

    def gateways(self) -> list[str]: ...
    def sites(self) -> list[str]: ...
    def node(self, name: str) -> dict[str, Any] | None: ...
    def register(self, record: dict[str, Any]) -> list[str]: ...
    def replace_hardware(self, node: str, key: str, sensors: str, reason: str) -> None: ...


class Wanted(NamedTuple):
    """network: with the node's own access to the broker where broker_user is empty. board: the wiring, None for what the interpreter calls
    itself. builds: all that there are, with their ports for sensors. replace: also when the board is another node now. hardware: (reason,
    kept or exchanged sensors) when this board takes the place of another of the same name."""

    place: Place
    network: Network
    board: str | None
    builds: dict[str, list[int]]
    settings: dict[str, Any]
    replace: bool
    hardware: tuple[str, str] | None


class Provisioned(NamedTuple):
    """is_new: the key was made now. removed: files of the node that the board was before. warnings: of the fleet."""

    is_new: bool
    removed: list[str]
    warnings: list[str]


def ask_fleet(fleet: Fleet, wanted: Wanted) -> tuple[list[Fault], bool]:
    """(what the fleet has against it, whether it knows a node of this name). Raises FleetError when it cannot be asked."""
    place = wanted.place
    found = provisioning.unknown_name("gateway", place.gateway, fleet.gateways())
    found += provisioning.unknown_name("site", place.site, fleet.sites())
    present = fleet.node(place.node)
    if present is not None:
        found += provisioning.place_faults(place, present)
    elif wanted.hardware is not None:
        found.append(Fault(("node",), "a node that the fleet has: no node of this name can get new hardware", place.node))
    return found, present is not None


def provision(device: Device, wanted: Wanted, fleet: Fleet | None, is_known: bool, record: Callable[[dict[str, Any]], None]) -> Provisioned:
    """wanted: without faults. is_known: whether the fleet has a node of this name. record: keeps a record of the key, before the board
    has it.

    Raises TechnicianError, which says what state is left.
    """
    with leaving(NOTHING_WRITTEN):
        files = device.hashes()
        _require_fit(device, wanted)
        present = provisioning.identity_on_board(device.read(IDENTITY)) if IDENTITY in files else None
        same = present is not None and present["node"] == wanted.place.node
        _require_free(device.port, wanted, present, same)
        key = present["key"] if present is not None and same else secrets.token_hex(KEY_BYTES)
        entry = provisioning.record(wanted.place, key, wanted.settings)
        tells = _Tells(fleet, wanted, entry)
        if is_known and same:
            tells.tell()  # before the board is touched: another board may have this name
        elif is_known and wanted.hardware is None:
            raise _name_taken(wanted.place.node)
        record(entry)
    before = [] if same else provisioning.of_the_node_before(list(files))
    untold = "" if tells.done else " The fleet was not told of it."
    with leaving(f"The board may be without its identity.{untold}", f"plug it in, and {AGAIN}"):
        for path in before:
            device.remove(path)
        device.write(IDENTITY, provisioning.identity_file(wanted.place, _network(wanted, key), key, wanted.board, wanted.settings))
        with leaving(f"The board has its identity and was not reset.{untold}", f"plug it in, and {AGAIN}"):
            device.reset()
        # After the reset: a slow fleet takes longer than the board's watchdog.
        with leaving("The board has its identity; the fleet does not know it yet.", f"{AGAIN}: it goes on from here"):
            tells.tell()
    return Provisioned(not same, before, tells.warnings)


class _Tells:
    """Telling the fleet, once."""

    def __init__(self, fleet: Fleet | None, wanted: Wanted, entry: dict[str, Any]):
        self._fleet = fleet
        self._wanted = wanted
        self._entry = entry
        self.done = fleet is None
        self.warnings: list[str] = []

    def tell(self) -> None:
        if self._fleet is None or self.done:
            return
        node = self._wanted.place.node
        try:
            self.warnings = self._fleet.register(self._entry)
        except FleetError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            if self._wanted.hardware is None:
                raise _name_taken(node) from error
            reason, sensors = self._wanted.hardware
            self._fleet.replace_hardware(node, self._entry["key"], sensors, reason)
        self.done = True


def _name_taken(node: str) -> ProvisionError:
    next_step = f"choose another name; or, when this board takes the place of the one that was {node}: add --replace-hardware REASON"
    return ProvisionError(f"the fleet has a node {node} already, which is another board", next_step)


def _require_fit(device: Device, wanted: Wanted) -> None:
    if wanted.board:
        require_fit(device.port, device.facts, wanted.board, list(wanted.builds))
    require_interpreter(device.port, device.facts)
    fitting = [wanted.board] if wanted.board else builds_for(device.facts, list(wanted.builds))
    found = provisioning.port_faults(wanted.settings, wanted.builds[fitting[0]]) if fitting else []
    if wanted.network.ssid and not device.facts.has_wifi:
        found.append(Fault(("wifi",), f"nothing: this board ({device.facts.machine}) has no Wi-Fi", "…"))
    if device.facts.platform != "linux" and is_loopback(wanted.network.broker_host):
        found.append(Fault(("broker", "host"), "the gateway's address; this one is the board itself", wanted.network.broker_host))
    if found:
        raise ProvisionError("this cannot work on this board:", "correct them, and run it again", found)


def _require_free(port: str, wanted: Wanted, present: dict[str, Any] | None, same: bool) -> None:
    if present is not None and not same and not wanted.replace:
        reason = f"{port}: this board is the node {present['node']}"
        undo = f"--replace makes it {wanted.place.node}, and removes what {present['node']} had kept"
        raise ProvisionError(reason, f"is it the right board? {undo}")


def _network(wanted: Wanted, key: str) -> Network:
    if wanted.network.broker_user:
        return wanted.network
    return wanted.network._replace(broker_user=wanted.place.node, broker_password=broker_access.password(bytes.fromhex(key)))
