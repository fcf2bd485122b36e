"""How the gateway's figures grow: with its nodes, and with what already waits in its buffer."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import NamedTuple

from hil_tests.bench.definitions import GROWTH_BACKLOGS, GROWTH_NODES
from hil_tests.bench.figures import Measured, percentile
from hil_tests.bench.gateway import cpu_s
from hil_tests.bench.gateway_fill import SECTION, fill
from hil_tests.bench.gateway_uplink import Fleet, site
from hil_tests.load_node import LoadNode, hello, report
from hil_tests.processes import wait_until
from hil_tests.site_gateway import SiteGateway

PER_S = 50
PACED_S = 12
DRAINED = 60_000  # of which the rate is taken, whatever waits behind them
BOOT = "00000001beac4000"


class Backlogged(NamedTuple):
    """p50 of acknowledgements while the fleet is away; then, of a part of the backlog, reports a second and processor time for each."""

    ack_ms: float
    drain: float
    drain_cpu: float


def figures() -> Iterator[Measured]:
    first_ms = None
    for count in GROWTH_NODES:
        p50_ms = ack_of_nodes(count)
        yield Measured(f"gateway.growth_ack_ms_{count}_nodes", p50_ms, first_ms)
        first_ms = first_ms or p50_ms
    first: Backlogged | None = None
    for waiting in GROWTH_BACKLOGS:
        found = with_backlog(waiting)
        for name, value in found._asdict().items():
            yield Measured(f"gateway.growth_{name}_backlog_{waiting}", value, getattr(first, name) if first else None)
        first = first or found


def ack_of_nodes(count: int) -> float:
    """p50 of 50 reports a second in all, each node in its turn."""
    keys = {f"load-{number}": number.to_bytes(2, "big") * 16 for number in range(count)}
    with site(keys) as (fleet, gateway):
        p50_ms = _paced(gateway, keys)
        fleet.stop()
    return p50_ms


def with_backlog(waiting: int) -> Backlogged:
    keys = {"load": bytes(32), "live": bytes([1]) * 32}
    with site(keys, sections=SECTION) as (fleet, gateway):
        gateway.program.stop()
        fleet.stop()
        fill(gateway.state, "load", "00000001beac4009", DRAINED + waiting)
        connects = _connects(gateway)
        gateway.program.start()
        wait_until(lambda: _connects(gateway) > connects, within_s=60, what="the gateway at the broker again")
        p50_ms = _paced(gateway, {"live": keys["live"]})
        used_s = cpu_s(gateway.program.pid)
        rate = _drain(fleet)
        cpu_us = 1e6 * (cpu_s(gateway.program.pid) - used_s) / DRAINED
        fleet.stop()
    return Backlogged(p50_ms, rate, cpu_us)


def _drain(fleet: Fleet) -> float:
    before = fleet.arrived
    fleet.start()
    wait_until(lambda: fleet.arrived >= before + DRAINED, within_s=120, what="a part of the backlog at the fleet", every_s=0.2)
    drained = [arrival.at for arrival in fleet.arrivals()[before:] if arrival.node == "load"]
    return len(drained) / (drained[-1] - drained[0])


def _paced(gateway: SiteGateway, keys: dict[str, bytes]) -> float:
    with ExitStack() as open_:
        nodes = [open_.enter_context(closing(LoadNode(node, key, BOOT, gateway.broker.port, resend_s=30))) for node, key in keys.items()]
        for node in nodes:
            node.wait_for_link()
            node.send("hello", [hello(0)])
        for node in nodes:
            node.wait_for_acks(within_s=60)
        started = time.monotonic()
        for turn in range(PER_S * PACED_S):
            time.sleep(max(0.0, started + turn / PER_S - time.monotonic()))
            nodes[turn % len(nodes)].send("report", [report(1 + turn // len(nodes), turn * 20)])
        for node in nodes:
            node.wait_for_acks(within_s=60)
        return percentile([1000 * (node.acked_at[seq] - node.sent_at[seq]) for node in nodes for seq in node.acked_at if seq], 0.5)


def _connects(gateway: SiteGateway) -> int:
    return int(gateway.status()["counters"]["mqtt.connects"])
