"""Figures of the gateway's durable path: broker, authentication, commit, acknowledgement and uplink, all at work at once on a flood."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from contract import messages, topics
from contract.authentication import seal
from hil_tests.bench.bare_consumer import CONSUMERS
from hil_tests.bench.figures import Measured
from hil_tests.bench.gateway_uplink import Fleet, site
from hil_tests.load_node import report
from hil_tests.mqtt.packets import publish
from hil_tests.processes import wait_until
from hil_tests.site_gateway import SiteGateway

NODE, KEY = "load", bytes(32)
SINGLES = 20_000
SPOOLED = 100_000
RUNS = 3
_WITHIN_S = 120


class Rates(NamedTuple):
    acknowledged: float
    at_fleet: float


def figures() -> Iterator[Measured]:
    singles, spools = [], []
    bare: dict[str, list[float]] = {kind: [] for kind in CONSUMERS}
    with site({NODE: KEY}) as (fleet, gateway):
        folder = gateway.state.parent
        for run in range(RUNS):
            packets = _packets(folder, f"{run + 1:08x}00000001", SINGLES, 1)
            for kind, found in bare.items():
                found.append(bare_rate(kind, gateway, packets))
            singles.append(durable_rate(fleet, gateway, packets, SINGLES))
            spools.append(durable_rate(fleet, gateway, _packets(folder, f"{run + 1:08x}00000020", SPOOLED, messages.MAX_ITEMS), SPOOLED))
        fleet.stop()
    single, spooled = (median(rates.acknowledged for rates in found) for found in (singles, spools))
    yield Measured("gateway.durable_rate", single, median(bare["loop"]))
    yield Measured("gateway.durable_rate_of_queue", single, median(bare["queue"]))
    yield Measured("gateway.durable_rate_of_socket", single, median(bare["socket"]))
    yield Measured("gateway.durable_rate_x20", spooled, single)
    yield Measured("gateway.durable_uplink_rate", median(rates.at_fleet for rates in singles), median(bare["loop"]))


def bare_rate(kind: str, gateway: SiteGateway, packets: Path) -> float:
    """Of a consumer that only counts: same publisher, same broker, the gateway away."""
    gateway.program.stop()
    with _Peer("bare_consumer", kind, gateway.broker.port, SINGLES) as consumer:
        consumer.wait_for("subscribed")
        with _publisher(gateway, packets, 0) as publisher:
            started = publisher.wait_for("started")
            counted = consumer.wait_for("counted")
    connects = _connects(gateway)
    gateway.program.start()
    wait_until(lambda: _connects(gateway) > connects, within_s=30, what="the gateway at the broker again")
    return SINGLES / (counted - started)


def durable_rate(fleet: Fleet, gateway: SiteGateway, packets: Path, count: int) -> Rates:
    before = fleet.arrived
    with _publisher(gateway, packets, count) as publisher:
        started = publisher.wait_for("started")
        acknowledged = publisher.wait_for("acknowledged")
    wait_until(lambda: fleet.arrived >= before + count, within_s=_WITHIN_S, what="every report at the fleet")
    return Rates(count / (acknowledged - started), count / (fleet.arrivals()[before + count - 1].at - started))


def _packets(folder: Path, boot: str, count: int, at_once: int) -> Path:
    """A file of `count` sealed reports, `at_once` in each message."""
    file = folder / f"{boot}.mqtt"
    with file.open("wb") as out:
        for start in range(0, count, at_once):
            body = messages.write({"b": boot, "i": [report(seq, seq * 10) for seq in range(start, start + at_once)]})
            sealed = seal(KEY, topics.UP, NODE, messages.REPORT, body)
            out.write(publish(topics.topic(topics.UP, NODE, messages.REPORT), sealed))
    return file


def _connects(gateway: SiteGateway) -> int:
    return int(gateway.status()["counters"]["mqtt.connects"])


def _publisher(gateway: SiteGateway, packets: Path, acknowledged: int) -> "_Peer":
    return _Peer("publisher", gateway.broker.port, packets, NODE, KEY.hex(), acknowledged)


class _Peer:
    """A process of the bench that reports by JSON lines when something happened."""

    def __init__(self, module: str, *arguments: object) -> None:
        self._command = [sys.executable, "-m", f"hil_tests.bench.{module}", *map(str, arguments)]

    def __enter__(self) -> "_Peer":
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def wait_for(self, what: str) -> float:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = json.loads(line)
            if what in event:
                return float(event[what])
        raise RuntimeError(f"{self._command}: ended without {what}")
