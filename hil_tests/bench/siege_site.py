"""A site as it is installed, to be besieged: the broker with the files that `install` writes, the real gateway, a fleet, nodes."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from contract.site import broker_access
from gateway.installation.install_plan import GATEWAY_USER
from gateway.tests.installed_broker import PASSWORD, InstalledBroker
from hil_tests.bench.fast_fleet import GATEWAY
from hil_tests.bench.gateway_uplink import Fleet
from hil_tests.bench.thin_line import thin_line
from hil_tests.load_node import LoadNode, hello
from hil_tests.processes import wait_until
from hil_tests.sensors.clock import BenchClock
from hil_tests.site_gateway import SiteGateway
from hil_tests.stand_in_fleet.fleet import CODE

TURNED = "turned"
BOOT = "00000001beac4007"
KEYS = {f"siege-{number}": bytes([number]) * 32 for number in range(1, 41)} | {TURNED: bytes(32)}


class InstalledGateway(SiteGateway):
    """`port`: of the broker, for nodes."""

    def __init__(self, folder: Path, fleet_url: str) -> None:
        super().__init__(GATEWAY, folder, fleet_url, BenchClock())
        self.installed = InstalledBroker(folder, KEYS)
        self.port = self.installed.port
        self.broker_log = folder / "broker.log"
        self.installed.log_to(self.broker_log)
        account = f'port = {self.installed.gateway_port}\nuser = "{GATEWAY_USER}"\npassword = "{PASSWORD}"\n'
        text = self.configuration.read_text()
        self.configuration.write_text(text.replace(f"port = {self.broker.port}\n", account))

    def start(self) -> None:
        self.installed.start()
        self.program.start()

    def stop(self) -> None:
        self.program.stop()
        self.installed.stop()

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.program.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1000

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.program.pid}/fd").iterdir()))


class Strangers:
    """The siege (siege.py), in a process of its own. `done`: how many of each so far."""

    def __init__(self, gateway: InstalledGateway) -> None:
        password = broker_access.password(KEYS[TURNED])
        self._command = [sys.executable, "-m", "hil_tests.siege", str(gateway.web_port), str(gateway.port), TURNED, password]
        self.done: dict[str, int] = {}

    def __enter__(self) -> "Strangers":
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def look(self) -> dict[str, int]:
        """At most a second old; waits for the next line."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the siege has ended by itself")
        self.done = json.loads(line)
        return self.done

    def wait_until_all_are_there(self) -> None:
        while "all there" not in self.look():
            pass


@contextmanager
def installed_site(folder: Path, line_bytes_per_s: int = 0) -> Iterator[tuple[Fleet, InstalledGateway]]:
    """`line_bytes_per_s`: of a thin line to the fleet; 0: none."""
    with ExitStack() as open_:
        fleet = Fleet(KEYS)
        fleet.start()
        port = open_.enter_context(thin_line(line_bytes_per_s, fleet.port)) if line_bytes_per_s else fleet.port
        gateway = InstalledGateway(folder, f"http://127.0.0.1:{port}")
        try:
            gateway.enrol(CODE)
            gateway.start()
            wait_until(gateway.knows_its_nodes, within_s=30, what="the gateway knowing its nodes")
            yield fleet, gateway
        finally:
            gateway.stop()
            fleet.stop()


@contextmanager
def reporting_nodes(gateway: InstalledGateway, keys: Mapping[str, bytes] = KEYS) -> Iterator[list[LoadNode]]:
    """All but the one that has turned, connected and known to the gateway."""
    nodes = [
        LoadNode(name, key, BOOT, gateway.port, resend_s=30, password=broker_access.password(key))
        for name, key in keys.items()
        if name != TURNED
    ]
    try:
        for node in nodes:
            node.wait_for_link()
            node.send("hello", [hello(0)])
        for node in nodes:
            node.wait_for_acks(within_s=60)
        yield nodes
    finally:
        for node in nodes:
            node.close()


def arrived(fleet: Fleet) -> dict[str, list[int]]:
    """Of each node the numbers that are at the fleet, each as often as it came."""
    found: dict[str, list[int]] = {}
    for arrival in fleet.arrivals():
        found.setdefault(arrival.node, []).append(arrival.seq)
    return found


def counters(gateway: InstalledGateway) -> dict[str, Any]:
    found: dict[str, Any] = gateway.status()["counters"]
    return found
