"""Figures of the gateway at its daily work: how soon it answers, and what it costs when next to nothing happens."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from hil_tests.bench.figures import Measured, percentile
from hil_tests.bench.gateway_uplink import site
from hil_tests.load_node import LoadNode, hello, report

PACED_PER_S = 50
PACED_S = 20
IDLE_NODES = 10
IDLE_PERIOD_S = 10
SETTLED_S = 20
IDLE_S = 60
BOOT = "00000001beac4000"
KEYS = {f"load-{number}": bytes([number]) * 32 for number in range(IDLE_NODES)}


def figures() -> Iterator[Measured]:
    with site(KEYS) as (fleet, gateway):
        with closing(_node("load-0", gateway.broker.port)) as load:
            delays = paced(load)
        yield Measured("gateway.ack_ms_p50", percentile(delays, 0.5))
        yield Measured("gateway.ack_ms_p99", percentile(delays, 0.99))
        fleet.stop()
    with site(KEYS) as (fleet, gateway):
        cpu_percent, rss_mb = idle(gateway.program.pid, gateway.broker.port)
        yield Measured("gateway.idle_rss_mb", rss_mb)
        yield Measured("gateway.idle_cpu", cpu_percent)
        fleet.stop()


def paced(load: LoadNode) -> list[float]:
    """ms from publish to acknowledgement."""
    started = time.monotonic()
    for seq in range(1, PACED_PER_S * PACED_S + 1):
        time.sleep(max(0.0, started + seq / PACED_PER_S - time.monotonic()))
        load.send("report", [report(seq, seq * 20)])
    load.wait_for_acks(within_s=30)
    return [1000 * (load.acked_at[seq] - load.sent_at[seq]) for seq in load.acked_at if seq]


def idle(pid: int, port: int) -> tuple[float, float]:
    """% of a core, and MB of memory, with every node's report in its turn."""
    with ExitStack() as open_:
        nodes = [open_.enter_context(closing(_node(node, port))) for node in KEYS]
        turns = int((SETTLED_S + IDLE_S) * IDLE_NODES / IDLE_PERIOD_S)
        measured_from = int(SETTLED_S * IDLE_NODES / IDLE_PERIOD_S)
        started, used_s = time.monotonic(), 0.0
        for turn in range(turns):
            time.sleep(max(0.0, started + turn * IDLE_PERIOD_S / IDLE_NODES - time.monotonic()))
            if turn == measured_from:
                measured_s, used_s = time.monotonic(), cpu_s(pid)
            nodes[turn % IDLE_NODES].send("report", [report(1 + turn // IDLE_NODES, turn * 1000, period_ms=1000 * IDLE_PERIOD_S)])
        return 100 * (cpu_s(pid) - used_s) / (time.monotonic() - measured_s), rss_mb(pid)


def cpu_s(pid: int) -> float:
    """Of the whole process, user and system (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _node(node: str, port: int) -> LoadNode:
    load = LoadNode(node, KEYS[node], BOOT, port, resend_s=30)
    load.wait_for_link()
    load.send("hello", [hello(0)])
    load.wait_for_acks(within_s=30)
    return load
