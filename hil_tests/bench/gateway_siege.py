"""The figure of a gateway before strangers: how soon it acknowledges while everybody is at its page and at the broker, against quiet."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hil_tests.bench.figures import Measured, percentile
from hil_tests.bench.siege_site import Strangers, installed_site, reporting_nodes
from hil_tests.load_node import LoadNode, report

ROUNDS = 2
REPORTS = 15
_PERIOD_S = 1.0


def figures() -> Iterator[Measured]:
    quiet, besieged = [], []
    with tempfile.TemporaryDirectory() as folder, installed_site(Path(folder)) as (fleet, gateway), reporting_nodes(gateway) as nodes:
        for turn in range(ROUNDS):
            quiet += _delays_ms(nodes, 1 + 2 * turn * REPORTS)
            with Strangers(gateway) as strangers:
                strangers.wait_until_all_are_there()
                besieged += _delays_ms(nodes, 1 + (2 * turn + 1) * REPORTS)
        fleet.stop()
    yield Measured("gateway.ack_under_siege_ratio", percentile(besieged, 0.99), percentile(quiet, 0.99))


def _delays_ms(nodes: list[LoadNode], first: int) -> list[float]:
    """From publish to acknowledgement, of these numbers of every node: a report of each node a second, one node after the other."""
    started = time.monotonic()
    for turn in range(REPORTS * len(nodes)):
        time.sleep(max(0.0, started + turn * _PERIOD_S / len(nodes) - time.monotonic()))
        seq = first + turn // len(nodes)
        nodes[turn % len(nodes)].send("report", [report(seq, 1000 * seq)])
    for node in nodes:
        node.wait_for_acks(within_s=60)
    return [1000 * (node.acked_at[seq] - node.sent_at[seq]) for node in nodes for seq in range(first, first + REPORTS)]
