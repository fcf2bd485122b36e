"""What `airgrid-gateway doctor` finds of the broker of the site: reached, its descriptors, and who holds many connections to it."""

from collections import Counter
from pathlib import Path
from typing import Any

import aiomqtt

from gateway.broker.broker_faults import trouble
from gateway.carriers.mqtt import client
from gateway.command.doctor_broker_limits import kernel_limits_finding
from gateway.configuration import MqttSection
from gateway.health.status import has_just_started, read_status
from gateway.installation.install_plan import BY_ADDRESS
from host.findings import Finding
from host.listening.sockets import connections_by_address
from host.state_lock import StateLock

_CONFIGURATION = Path("/etc/mosquitto/conf.d/airgrid.conf")
_PROCESSES = Path("/proc")
# What `install` gives it; with fewer, that many strangers keep every node out.
_LEAST_DESCRIPTORS = 4096
# A site has some tens of nodes, each with an address of its own.
_MANY = BY_ADDRESS


async def broker_finding(section: MqttSection, state: Path, now_ms: int) -> Finding:
    """A gateway that runs is asked what it knows: its broker has one session for each name, and another with this one would end it."""
    where = f"{section.host}:{section.port}"
    if StateLock(state).is_held():
        return of_running(where, read_status(state, now_ms))
    try:
        async with client(section, ""):
            return Finding("broker", f"{where}: reached")
    except aiomqtt.MqttError as error:
        found = trouble(error, section)
        return Finding("broker", found.text, found.advice)


def broker_findings(configuration: Path = _CONFIGURATION, processes: Path = _PROCESSES) -> list[Finding]:
    """Of a broker on this machine that `install` set up; of another one nothing."""
    try:
        ports = _ports(configuration.read_text(encoding="utf-8"))
    except OSError:
        return []
    return [_descriptors(processes), _strangers(connections_by_address(ports, processes / "net")), kernel_limits_finding()]


def of_running(where: str, status: dict[str, Any]) -> Finding:
    """`status`: of read_status; what it says is some seconds old."""
    if status.get("broker_connected"):
        return Finding("broker", f"{where}: the gateway, which runs, is connected")
    texts = [str(error["text"]) for error in status.get("errors", []) if error["place"] == "mqtt"]
    if not texts and has_just_started(status):
        return Finding("broker", f"{where}: the gateway has just started, and is not connected yet", "ask again in a minute", is_note=True)
    text, _, advice = (texts or [f"{where}: the gateway, which runs, is not connected"])[0].partition(" -> ")
    return Finding("broker", text, advice or "look at its log: journalctl -u airgrid-gateway -u mosquitto")


def _ports(configuration: str) -> set[int]:
    words = [line.split() for line in configuration.splitlines()]
    return {int(line[1]) for line in words if line[:1] == ["listener"] and len(line) > 1 and line[1].isdecimal()}


def _descriptors(processes: Path) -> Finding:
    allowed = [_most_open_files(folder) for folder in processes.glob("[0-9]*") if _is_mosquitto(folder)]
    if not allowed:
        return Finding("broker limits", "not seen: mosquitto does not run, or belongs to another user")
    if min(allowed) < _LEAST_DESCRIPTORS:
        advice = "run airgrid-gateway install again: it writes /etc/systemd/system/mosquitto.service.d/airgrid.conf"
        return Finding("broker limits", f"{min(allowed)} descriptors: so many silent strangers keep every node out", advice)
    return Finding("broker limits", f"{min(allowed)} descriptors")


def _strangers(connections: Counter[str]) -> Finding:
    many = [f"{address} has {count}" for address, count in connections.most_common(5) if count > _MANY]
    if many:
        advice = "find these machines; the limits by address (nftables) keep one of them from taking every place"
        return Finding("broker connections", f"{', '.join(many)} of {connections.total()}", advice)
    return Finding("broker connections", f"{connections.total()}")


def _is_mosquitto(folder: Path) -> bool:
    try:
        return (folder / "comm").read_text() == "mosquitto\n"
    except OSError:  # it has ended meanwhile
        return False


def _most_open_files(folder: Path) -> int:
    try:
        line = next(line for line in (folder / "limits").read_text().splitlines() if line.startswith("Max open files"))
    except (OSError, StopIteration):
        return _LEAST_DESCRIPTORS  # of another user: not to be seen
    soft = line.split()[3]
    return int(soft) if soft.isdecimal() else 1 << 30
