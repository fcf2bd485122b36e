"""Commands about nodes: giving a board its name, and the life of a node at the fleet. Reads options, calls, shows."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from contract.faults import Fault
from technician import build, provisioning, record_file
from technician import provision as steps
from technician.board import Board
from technician.commands.shown import BOARD_OPTION, TOKEN_VARIABLE, AsJson, Port, errors, show, token
from technician.errors import FleetError, ProvisionError, leaving
from technician.fleet_client import FleetClient
from technician.provisioning import Network, Place

MQTT_PORT = 1883
_CORRECT = "correct what is named, and run it again"

FleetUrl = Annotated[str, typer.Option("--fleet", help=f"Address of the fleet; token in ${TOKEN_VARIABLE}.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the change.")]


def provision(
    port: Port,
    node: Annotated[str, typer.Option(help="Name of the node: a-z, 0-9 and -.")],
    gateway: Annotated[str, typer.Option(help="Its gateway.")],
    site: Annotated[str, typer.Option(help="Its place.")],
    broker: Annotated[str, typer.Option(help="Address of the gateway's broker, best a number: HOST or HOST:PORT.")],
    broker_user: Annotated[str, typer.Option(help="Name at the broker, where it is not the node's own.")] = "",
    broker_password: Annotated[str, typer.Option(envvar="AIRGRID_BROKER_PASSWORD", help="With --broker-user.")] = "",
    ssid: Annotated[str | None, typer.Option(help="Wi-Fi; left out on a board without.")] = None,
    wifi_password: Annotated[str, typer.Option(envvar="AIRGRID_WIFI_PASSWORD")] = "",
    settings: Annotated[Path | None, typer.Option(help="JSON file: the settings it starts with.")] = None,
    board: Annotated[str | None, BOARD_OPTION] = None,
    fleet: Annotated[str | None, typer.Option(help=f"Register there now; token in ${TOKEN_VARIABLE}.")] = None,
    record: Annotated[Path | None, typer.Option(help="Or append to this file, for `register` later. It holds the key: guard it.")] = None,
    replace: Annotated[bool, typer.Option(help="Also when the board is another node: that one's data and settings go.")] = False,
    replace_hardware: Annotated[
        str, typer.Option(metavar="REASON", help="This board takes the place of another that has the name now; the name's history goes on.")
    ] = "",
    sensors: Annotated[str, typer.Option(help="With --replace-hardware: `kept` on the new board, or `exchanged` for others.")] = "kept",
    as_json: AsJson = False,
) -> None:
    """Give a board its name and its key, and the fleet a record of both. Everything is asked first: the fleet, its gateway and its site,
    the Wi-Fi, the settings, the board; only then is anything written. The same command again goes on where one was cut. The key is shown
    nowhere.

    Example: airgrid-node provision /dev/ttyUSB0 --node n-0001 --gateway gw-east --site east-gate --broker 10.0.0.2 --ssid school --fleet
    https://fleet.example
    """
    with errors(as_json):
        with leaving(steps.NOTHING_WRITTEN):
            client = _client(fleet, record, replace_hardware)
            host, port_number, found = _host_and_port(broker)
            shipped, of_file = _read_settings(settings)
            place = Place(node, gateway, site)
            network = Network(host, port_number, broker_user, broker_password, ssid, wifi_password)
            found += of_file + provisioning.faults(place, network, board, shipped) + _option_faults(board, sensors)
            found += record_file.faults(record) if record else []
            hardware = (replace_hardware, sensors) if replace_hardware else None
            wanted = steps.Wanted(place, network, board, {name: build.ports(name) for name in build.boards()}, shipped, replace, hardware)
            of_fleet, is_known = _ask_fleet(client, wanted, found)
            if found := provisioning.each_path_once(found + of_fleet):
                raise ProvisionError("this cannot work:", _CORRECT, found)
        with ExitStack() as stack:
            with leaving(steps.NOTHING_WRITTEN):
                device = stack.enter_context(Board(port))
            done = steps.provision(device, wanted, client, is_known, _keeper(record))
        where = str(record) if record else f"{fleet}"
        text = f"{node} is provisioned; recorded in {where}"
        if done.removed:
            text += f"\n{len(done.removed)} files of the node that this board was before are removed"
        text = "\n".join([text, *(f"note: {warning}" for warning in done.warnings)])
        result = {"node": node, "recorded": where, "new_key": done.is_new, "removed": done.removed, "warnings": done.warnings}
        show(as_json, result, text)


def register(record: Path, fleet: str, as_json: AsJson = False) -> None:
    """Register the nodes of a record file at the fleet; what is there already stays, and the same file again is no fault.

    Example: airgrid-node register records.jsonl https://fleet.example
    """
    with errors(as_json):
        client = FleetClient(fleet, token())
        entries = record_file.read(record)
        new, refused, warnings = [], [], list[str]()
        for entry in entries:
            is_known = client.node(entry["id"]) is not None
            try:
                warnings += client.register(entry)
            except FleetError as error:
                if error.status is None:
                    raise
                refused.append(Fault((entry["id"],), error.reason, "…"))
                continue
            if not is_known:
                new.append(entry["id"])
        if refused:
            raise ProvisionError(f"registered: {', '.join(new) or 'none'}; refused:", _CORRECT, refused)
        text = "\n".join([f"registered: {', '.join(new) or 'none, all are known'}", *(f"note: {warning}" for warning in warnings)])
        show(as_json, {"registered": new, "warnings": warnings}, text)


def move(node: str, fleet: FleetUrl, reason: Reason, gateway: str = "", site: str = "", as_json: AsJson = False) -> None:
    """Say that a node belongs to another gateway or another site from now on. Its board needs `provision` for another broker or Wi-Fi.

    Example: airgrid-node move n-0001 --gateway gw-west --reason "gw-east is taken down" --fleet https://fleet.example
    """
    with errors(as_json):
        place = {kind: name for kind, name in (("gateway", gateway), ("site", site)) if name}
        if not place:
            raise ProvisionError("nothing says where to", "name --gateway, --site, or both")
        client = FleetClient(fleet, token())
        found = provisioning.unknown_name("gateway", gateway, client.gateways()) if gateway else []
        found += provisioning.unknown_name("site", site, client.sites()) if site else []
        if found:
            raise ProvisionError(f"{node} was not moved:", _CORRECT, found)
        answer = client.move(node, place, reason)
        warnings = [str(warning) for warning in answer.get("warnings") or []]
        next_step = f"Where the gateway is another one: airgrid-node provision PORT --node {node} … with its broker, on the board."
        show(
            as_json,
            answer,
            "\n".join([f"{node} is moved: {', '.join(f'{kind} {name}' for kind, name in place.items())}", *warnings, next_step]),
        )


def retire(node: str, fleet: FleetUrl, reason: Reason, as_json: AsJson = False) -> None:
    """End a node for good: its key counts no more, its history stays. It cannot be undone.

    Example: airgrid-node retire n-0001 --reason "the school is closed" --fleet https://fleet.example
    """
    with errors(as_json):
        answer = FleetClient(fleet, token()).retire(node, reason)
        show(as_json, answer, f"{node} is retired; its history stays")


def _option_faults(board: str | None, sensors: str) -> list[Fault]:
    found = []
    if board and board not in build.boards():
        found.append(Fault(("--board",), build.no_such_board(board), board))
    if sensors not in ("kept", "exchanged"):
        found.append(Fault(("--sensors",), "kept or exchanged", sensors))
    return found


def _client(fleet: str | None, record: Path | None, replace_hardware: str) -> FleetClient | None:
    if (fleet is None) == (record is None):
        raise ProvisionError("one place is needed that keeps the key", "name either --fleet (now) or --record (a file to load later)")
    if fleet is not None:
        return FleetClient(fleet, token())
    if replace_hardware:
        raise ProvisionError("new hardware under an old name is a change at the fleet: --replace-hardware needs --fleet", "name --fleet")
    return None


def _ask_fleet(client: FleetClient | None, wanted: steps.Wanted, found: list[Fault]) -> tuple[list[Fault], bool]:
    if client is None:
        return [], False
    try:
        return steps.ask_fleet(client, wanted)
    except FleetError as error:
        if not found:
            raise
        # What was found without the fleet is told too.
        unasked = Fault(("--fleet",), f"{error.reason}; {error.next_step}", "…")
        raise ProvisionError("this cannot work:", _CORRECT, provisioning.each_path_once([*found, unasked])) from error


def _keeper(path: Path | None) -> Callable[[dict[str, Any]], None]:
    return lambda entry: None if path is None else record_file.append(path, entry)


def _read_settings(path: Path | None) -> tuple[dict[str, Any], list[Fault]]:
    # The file's own faults are told together with all the others.
    if path is None:
        return {}, []
    try:
        fields = json.loads(path.read_text())
    except FileNotFoundError:
        return {}, [Fault(("--settings",), f"a file that is there: there is no {path}", str(path))]
    except OSError as error:
        return {}, [Fault(("--settings",), f"a file that can be read: {path}: {error.strerror}", str(path))]
    except (ValueError, RecursionError) as error:  # also of text that is not UTF-8
        return {}, [Fault(("--settings",), f"a file of JSON: {path}: {error}", str(path))]
    return (fields, []) if isinstance(fields, dict) else ({}, [Fault(("--settings",), f"an object in {path}", fields)])


def _host_and_port(broker: str) -> tuple[str, int, list[Fault]]:
    host, colon, port = broker.partition(":")
    if not colon:
        return host, MQTT_PORT, []
    if not port.isascii() or not port.isdecimal() or not 1 <= int(port[:6]) <= 65535:
        return host, MQTT_PORT, [Fault(("--broker",), "HOST or HOST:PORT, the port a number from 1 to 65535", broker)]
    return host, int(port), []
