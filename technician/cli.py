"""airgrid-node: the technician's commands. Reads options, calls, shows; every command has --json for one line of JSON instead."""

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress
from serial.tools import list_ports

from contract.authentication import KEY_BYTES
from contract.site import broker_access
from technician import build, provisioning
from technician import console as node_console
from technician.board import Board
from technician.errors import ProvisionError, TechnicianError
from technician.flash import flash
from technician.fleet_client import FleetClient

IDENTITY = "/identity.json"
TOKEN_VARIABLE = "AIRGRID_TOKEN"

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Build, flash and provision the nodes of an air monitor grid.")
console = Console()

AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
Port = Annotated[str, typer.Argument(help="Serial port, such as /dev/ttyUSB0.")]
BoardName = Annotated[str, typer.Option("--board", help="Wiring of firmware/node/boards, such as esp32.")]


def main() -> None:
    app()


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Serial ports that a board may be on."""
    with _errors(as_json):
        ports = [{"port": port.device, "what": port.description, "serial": port.serial_number} for port in list_ports.comports()]
        lines = [f"{port['port']}  {port['what']}  {port['serial'] or ''}" for port in ports]
        _show(as_json, {"ports": ports}, "\n".join(lines) or "no serial port")


@app.command("build")
def build_(
    folder: Path, board: BoardName, source: Annotated[bool, typer.Option(help="Sources, not bytecode.")] = False, as_json: AsJson = False
) -> None:
    """Write the files of a board's flash into a folder."""
    with _errors(as_json):
        files = build.flash_files(board, compiled=not source)
        for path, content in files.items():
            target = folder / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        total = sum(map(len, files.values()))
        _show(as_json, {"board": board, "files": len(files), "bytes": total}, f"{len(files)} files, {total} bytes in {folder}")


@app.command("flash")
def flash_(port: Port, board: BoardName, as_json: AsJson = False) -> None:
    """Put the firmware of this checkout on a board: only what differs, then reset."""
    with _errors(as_json):
        files = build.flash_files(board)
        with _progress(as_json) as progress, Board(port) as device:
            task = progress.add_task("flash", total=None)
            flashed = flash(device, board, files, lambda done, total: progress.update(task, completed=done, total=total))
        kind = "in place, as an image" if flashed.in_place else "as files, which take more of the heap: no ROMFS partition has room"
        written = f"the application {kind}; {len(flashed.written)} written ({flashed.bytes_written} bytes)"
        _show(as_json, flashed._asdict(), f"{written}, {len(flashed.removed)} removed, {flashed.same} the same; reset")


@app.command()
def provision(
    port: Port,
    node: Annotated[str, typer.Option(help="Name of the node: a-z, 0-9 and -.")],
    gateway: Annotated[str, typer.Option(help="Its gateway.")],
    site: Annotated[str, typer.Option(help="Its place.")],
    broker: Annotated[str, typer.Option(help="Address of the gateway's broker, best a number: HOST or HOST:PORT.")],
    broker_user: Annotated[str, typer.Option(help="Name at the broker, where it is not the node's own.")] = "",
    broker_password: Annotated[str, typer.Option(envvar="AIRGRID_BROKER_PASSWORD", help="With --broker-user.")] = "",
    ssid: Annotated[str, typer.Option(help="Wi-Fi; empty on a board without.")] = "",
    wifi_password: Annotated[str, typer.Option(envvar="AIRGRID_WIFI_PASSWORD")] = "",
    settings: Annotated[Path | None, typer.Option(help="JSON file: the settings it starts with.")] = None,
    board: Annotated[str | None, typer.Option(help="Wiring, where the interpreter's own name is not enough.")] = None,
    fleet: Annotated[str | None, typer.Option(help=f"Register there now; token in ${TOKEN_VARIABLE}.")] = None,
    record: Annotated[Path | None, typer.Option(help="Or append to this file, for `register` later. It holds the key: guard it.")] = None,
    replace: Annotated[bool, typer.Option(help="Also when the board has an identity.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a board its name and its key, and the fleet a record of both. The key is shown nowhere."""
    with _errors(as_json):
        if (fleet is None) == (record is None):
            raise ProvisionError("name either --fleet (now) or --record (a file to load later)")
        if board:
            build.require_wiring(board)
        place = provisioning.Place(node, gateway, site)
        host, port_number = _host_and_port(broker)
        shipped = _read_settings(settings)
        key = secrets.token_hex(KEY_BYTES)
        access = (broker_user, broker_password) if broker_user else (node, broker_access.password(bytes.fromhex(key)))
        network = provisioning.Network(host, port_number, *access, ssid, wifi_password)
        content = provisioning.identity_file(place, network, key, board, shipped)
        client = FleetClient(fleet, _token()) if fleet else None
        if client and client.knows(node):
            raise ProvisionError(f"the fleet has a node {node} already")
        entry = provisioning.record(place, key, shipped)
        with Board(port) as device:
            if IDENTITY in device.hashes() and not replace:
                raise ProvisionError("this board has an identity; --replace gives it another")
            _hand_over(device, content, entry, record, client)
        where = str(record) if record else f"{fleet}"
        _show(as_json, {"node": node, "recorded": where}, f"{node} is provisioned; recorded in {where}")


@app.command()
def register(record: Path, fleet: str, as_json: AsJson = False) -> None:
    """Register the nodes of a record file at the fleet; existing ones are skipped."""
    with _errors(as_json):
        client = FleetClient(fleet, _token())
        new = [entry for entry in provisioning.read_records(record.read_text()) if not client.knows(entry["id"])]
        for entry in new:
            client.register(entry)
        names = [entry["id"] for entry in new]
        _show(as_json, {"registered": names}, f"registered: {', '.join(names) or 'none, all are known'}")


@app.command("console")
def console_(
    port: Port, command: Annotated[list[str] | None, typer.Argument(help="Such as: status.")] = None, as_json: AsJson = False
) -> None:
    """Ask a running node at its serial port: help, status, sensors, raw, selftest, set. Without a command: a terminal."""
    with _errors(as_json):
        if not command:
            node_console.talk(port)
            return
        answer = node_console.ask(port, " ".join(command))
        _show(as_json, answer, json.dumps(answer, indent=2))
        if "error" in answer or answer.get("ok") is False:
            raise typer.Exit(1)


def _hand_over(device: Board, content: bytes, entry: dict[str, Any], record: Path | None, client: FleetClient | None) -> None:
    # The file before the board: a key that is on a board and nowhere else would be lost. The fleet after it: a node
    # that the fleet refuses is provisioned again, one that it expects and that never was would count as silent. And after
    # the reset: a slow fleet takes longer than the board's watchdog.
    if record:
        _append(record, entry)
    device.write(IDENTITY, content)
    device.reset()
    if client:
        client.register(entry)


def _append(path: Path, entry: dict[str, Any]) -> None:
    # Made readable by its owner only: it holds keys.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a") as file:
        file.write(json.dumps(entry, separators=(",", ":")) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read_settings(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        fields = json.loads(path.read_text())
    except ValueError as error:
        raise ProvisionError(f"{path}: not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise ProvisionError(f"{path}: not an object")
    return fields


def _host_and_port(broker: str) -> tuple[str, int]:
    host, _, port = broker.partition(":")
    if port and not port.isdecimal():
        raise ProvisionError(f"--broker {broker}: the port is not a number")
    return host, int(port or 1883)


def _token() -> str:
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        raise ProvisionError(f"the fleet's token is expected in ${TOKEN_VARIABLE}")
    return token


def _progress(as_json: bool) -> Progress:
    shown = Console(stderr=True)
    return Progress("{task.description}", BarColumn(), DownloadColumn(), console=shown, disable=as_json, transient=True)


def _show(as_json: bool, fields: dict[str, Any], text: str) -> None:
    if as_json:
        sys.stdout.write(json.dumps(fields) + "\n")
    else:
        console.print(text, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _errors(as_json: bool) -> Iterator[None]:
    try:
        yield
    except (TechnicianError, OSError) as error:
        if as_json:
            _show(True, {"error": str(error)}, "")
        else:
            Console(stderr=True).print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
