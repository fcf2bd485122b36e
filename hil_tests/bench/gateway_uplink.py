"""Figures of the gateway's way to the fleet: a minute's outage under load, then how soon, how fast, and who waits for whom meanwhile."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from hil_tests.bench.fast_fleet import GATEWAY
from hil_tests.bench.figures import Measured
from hil_tests.bench.thin_line import thin_line
from hil_tests.load_node import LoadNode, hello, report
from hil_tests.processes import free_port, wait_until
from hil_tests.sensors.clock import BenchClock
from hil_tests.site_gateway import SiteGateway
from hil_tests.stand_in_fleet.fleet import CODE

OUTAGE_S = 60
BACKLOG = 120_000
SPOOLED = 20  # reports of one message
WINDOW = 4000
LIVE_PER_S = 20
BOOT = "00000001beac4001"
KEYS = {"load": bytes(32), "live": bytes([1]) * 32}


class Arrival(NamedTuple):
    at: float
    node: str
    kind: str
    seq: int


class Fleet:
    """The quick fleet in a process of its own; `arrived` items so far, `listening_at` of the last start."""

    def __init__(self, keys: dict[str, bytes], rules: Sequence[dict[str, Any]] = ()) -> None:
        """`keys`: of the nodes that the gateway is told of, with these rules."""
        self._rules = json.dumps(list(rules))
        self._nodes = [f"{node}={key.hex()}" for node, key in keys.items()]
        self.port = free_port()
        self.arrived = 0
        self._lines: list[str] = []
        self.listening_at = 0.0
        self._process: subprocess.Popen[str] | None = None
        self._reading: threading.Thread | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "hil_tests.bench.fast_fleet", str(self.port), self._rules, *self._nodes]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.listening_at = json.loads(self._process.stdout.readline().partition(" ")[2])["at"]
        self._reading = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reading.start()

    def stop(self) -> None:
        """Also one that does not run."""
        if self._process is None or self._reading is None:
            return
        self._process.kill()
        self._process.wait()
        self._reading.join()

    def arrivals(self) -> list[Arrival]:
        """In the order of their coming."""
        told = [json.loads(line.partition(" ")[2]) for line in self._lines]
        return [Arrival(one["at"], *item) for one in told for item in one["items"]]

    def _read(self, lines: Iterator[str]) -> None:
        # Taken apart only when it is asked for: reading must not take the time of those who send.
        for line in lines:
            self._lines.append(line)
            self.arrived += int(line.partition(" ")[0])


def figures() -> Iterator[Measured]:
    with site(KEYS) as (fleet, gateway):
        fleet.stop()
        ended_at = time.monotonic() + OUTAGE_S
        count = backlog(gateway, ended_at)
        time.sleep(max(0.0, ended_at - time.monotonic()))
        before = fleet.arrived
        fleet.start()
        with closing(LoadNode("live", KEYS["live"], BOOT, gateway.broker.port, resend_s=30)) as live:
            live.wait_for_link()
            talk(live, fleet, before + count)
            live.wait_for_acks(within_s=30)
            arrived = fleet.arrivals()[before:]
            yield from _figures(fleet.listening_at, arrived, live)
        fleet.stop()


def _figures(listening_at: float, arrived: list[Arrival], live: LoadNode) -> Iterator[Measured]:
    first_s = arrived[0].at - listening_at
    yield Measured("gateway.outage_first_s", first_s)
    drained = [arrival.at for arrival in arrived if arrival.node == "load"]
    yield Measured("gateway.drain_rate", len(drained) / (drained[-1] - drained[0]))
    delays = {arrival.seq: 1000 * (arrival.at - live.sent_at[arrival.seq]) for arrival in reversed(arrived) if arrival.node == "live"}
    kinds = {arrival.seq: arrival.kind for arrival in arrived if arrival.node == "live"}
    for name, kind in (("gateway.live_delay_ms_max", "report"), ("gateway.alarm_uplink_ms_max", "event")):
        yield Measured(name, max(delay for seq, delay in delays.items() if kinds[seq] == kind and live.sent_at[seq] < drained[-1]))


@contextmanager
def site(
    keys: dict[str, bytes], rules: Sequence[dict[str, Any]] = (), sections: str = "", line_bytes_per_s: int = 0
) -> Iterator[tuple[Fleet, SiteGateway]]:
    """`sections`: more of gateway.toml. `line_bytes_per_s`: of a thin line between gateway and fleet, which the gateway knows; 0: none."""
    with ExitStack() as open_:
        folder = open_.enter_context(tempfile.TemporaryDirectory())
        fleet = Fleet(keys, rules)
        fleet.start()
        port = open_.enter_context(thin_line(line_bytes_per_s, fleet.port)) if line_bytes_per_s else fleet.port
        gateway = SiteGateway(GATEWAY, Path(folder), f"http://127.0.0.1:{port}", BenchClock())
        text = gateway.configuration.read_text().replace("[fleet]\n", f"[fleet]\nline_bytes_per_s = {line_bytes_per_s}\n")
        gateway.configuration.write_text(text + sections)
        try:
            gateway.enrol(CODE)
            gateway.start()
            wait_until(gateway.knows_its_nodes, within_s=30, what="the gateway knowing its nodes")
            yield fleet, gateway
        finally:
            gateway.stop()
            fleet.stop()


def backlog(gateway: SiteGateway, until: float) -> int:
    """Fills the buffer by spools of the node "load"; returns how many it took, all of them committed."""
    with closing(LoadNode("load", KEYS["load"], BOOT, gateway.broker.port, resend_s=60)) as load:
        load.wait_for_link()
        seq = 0
        while seq < BACKLOG and time.monotonic() < until - 5:
            load.send("report", [report(seq + i, (seq + i) * 10) for i in range(SPOOLED)])
            seq += SPOOLED
            while load.waiting > WINDOW:
                time.sleep(0.002)
        load.wait_for_acks(within_s=60)
    return seq


def talk(live: LoadNode, fleet: Fleet, enough: int) -> None:
    """Live reports, and an event after every fourth, until the backlog has arrived."""
    live.send("hello", [hello(0)])
    seq = 1
    started = time.monotonic()
    while fleet.arrived < enough or seq < LIVE_PER_S:
        if time.monotonic() - started > 120:
            raise TimeoutError(f"{enough - fleet.arrived} reports did not arrive")
        time.sleep(max(0.0, started + seq / LIVE_PER_S - time.monotonic()))
        if seq % 5:
            live.send("report", [report(seq, seq * 50)])
        else:
            live.send("event", [{"q": seq, "s": seq * 50, "k": "fan", "a": {}}])
        seq += 1
