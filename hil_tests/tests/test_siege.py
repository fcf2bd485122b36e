"""A site as installed, with forty nodes that report, before everybody at once: 2,000 silent connections to the page and to the broker each,
slow and half requests, viewers, wrong PINs, and strangers at the broker. On a thin line to the fleet, and on none.
"""

import time
from pathlib import Path

import pytest

from hil_tests.bench.siege_site import InstalledGateway, Strangers, arrived, counters, installed_site, reporting_nodes
from hil_tests.load_node import LoadNode, report
from hil_tests.processes import wait_until

pytestmark = pytest.mark.hil

REPORTS = 20
PERIOD_S = 1.0
MOST_DESCRIPTORS = 600
# Of the worst storm twenty lines of a kind come at once; an hour of it is judged in host/tests/test_log_limit.py.
MOST_LOG_BYTES = 60_000
MOST_GROWTH_MB = 12.0
LEAST = {"idle at the page": 1000, "answers to viewers": 50, "wrong PINs": 10, "wrong passwords": 20, "names of others": 10}


def speak(nodes: list[LoadNode], first: int, count: int) -> None:
    """A report of each node each second, one node after the other."""
    started = time.monotonic()
    for turn in range(count * len(nodes)):
        time.sleep(max(0.0, started + turn * PERIOD_S / len(nodes) - time.monotonic()))
        seq = first + turn // len(nodes)
        nodes[turn % len(nodes)].send("report", [report(seq, 1000 * seq)])
        if turn % len(nodes) == 0:
            for node in nodes:
                node.resend_due()


def log_bytes(gateway: InstalledGateway) -> int:
    return sum(path.stat().st_size for path in (gateway.program.log, gateway.broker_log) if path.exists())


@pytest.mark.parametrize("line_bytes_per_s", [0, 16_000])
def test_a_site_under_siege_loses_nothing_keeps_its_sessions_and_says_little(tmp_path: Path, line_bytes_per_s: int) -> None:
    with installed_site(tmp_path, line_bytes_per_s) as (fleet, gateway), reporting_nodes(gateway) as nodes:
        before_bytes = log_bytes(gateway)
        with Strangers(gateway) as strangers:
            strangers.wait_until_all_are_there()
            speak(nodes, 1, REPORTS // 2)
            early_mb = gateway.memory_mb()
            speak(nodes, 1 + REPORTS // 2, REPORTS // 2)
            for node in nodes:
                node.wait_for_acks(within_s=60)
            late_mb, open_ = gateway.memory_mb(), gateway.descriptors()
            # Whatever this machine does at the same time, everybody has had a turn.
            wait_until(lambda: all(strangers.look().get(kind, 0) >= count for kind, count in LEAST.items()), within_s=90, what=str(LEAST))
        expected = {node.node: list(range(REPORTS + 1)) for node in nodes}
        wait_until(
            lambda: {name: sorted(set(seqs)) for name, seqs in arrived(fleet).items()} == expected, within_s=120, what="all at the fleet"
        )
        assert log_bytes(gateway) - before_bytes < MOST_LOG_BYTES
        assert late_mb - early_mb < MOST_GROWTH_MB
        assert open_ < MOST_DESCRIPTORS
        counted = counters(gateway)
        assert counted["mqtt.connects"] == 1, "nobody ends the gateway's session at the broker"
        assert counted["web.made_room"] > 1000 and counted["web.pin_refused"], counted


def test_a_gateway_and_a_node_that_start_under_siege_get_in(tmp_path: Path) -> None:
    with installed_site(tmp_path) as (fleet, gateway), Strangers(gateway) as strangers:
        strangers.wait_until_all_are_there()
        gateway.program.kill()
        gateway.program.start()
        with reporting_nodes(gateway) as nodes:
            speak(nodes, 1, 3)
            for node in nodes:
                node.wait_for_acks(within_s=60)
        wait_until(
            lambda: all(set(arrived(fleet).get(node.node, ())) == set(range(4)) for node in nodes), within_s=60, what="all at the fleet"
        )
