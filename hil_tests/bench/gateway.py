"""Figures of the gateway: the real process behind a real broker, its fleet away, so that only the durable path works."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from contract import messages
from hil_tests.bench.figures import Figure, against, percentile
from hil_tests.bench.raw_sqlite import rows_per_s
from hil_tests.district import District
from hil_tests.load_node import LoadNode, hello, report
from hil_tests.plan import EAST_GATE, only_services
from hil_tests.processes import wait_until

FLOOD_S = 30
# Unacknowledged reports under way: enough to keep the gateway busy, few enough that a report is never sent twice.
WINDOW = 4000
STEP = 50
PACED_PER_S = 50
PACED_S = 20
SITE = EAST_GATE.id
BOOT = "00000001beac4000"

_CREATE = "CREATE TABLE report (node TEXT, boot TEXT, seq INTEGER, kind INTEGER, arrived INTEGER, body BLOB, PRIMARY KEY (node, boot, seq))"
_INSERT = "INSERT INTO report VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


def figures() -> Iterator[Figure]:
    with site() as (district, load):
        acknowledged, batch = flood(district, load)
        yield against("gateway.commit_rate", acknowledged, "reports/s", raw_rate(batch))
    with site() as (_, load):
        delays = paced(load)
        yield Figure("gateway.ack_ms_p50", round(percentile(delays, 0.5), 1), "ms")
        yield Figure("gateway.ack_ms_p99", round(percentile(delays, 0.99), 1), "ms")


@contextmanager
def site() -> Iterator[tuple[District, LoadNode]]:
    with tempfile.TemporaryDirectory() as folder, District(only_services(), Path(folder)) as district:
        district.start_services()
        gateway = district.gateways[SITE]
        without = gateway.status()["desired_version"]
        key = district.fleet.api.post("nodes", {"id": "load", "gateway": gateway.name, "site": SITE})["key"]
        wait_until(lambda: gateway.status()["desired_version"] > without, within_s=30, what="the gateway knowing the node")
        with closing(LoadNode("load", bytes.fromhex(key), BOOT, gateway.broker.port, resend_s=30)) as load:
            load.wait_for_link()
            load.send("hello", [hello(0)])
            load.wait_for_acks(within_s=30)
            district.fleet.program.stop()
            yield district, load


def flood(district: District, load: LoadNode) -> tuple[float, int]:
    """Acknowledged reports a second, one a message; and how many the gateway committed at once, on average."""
    gateway = district.gateways[SITE]
    commits = gateway.status()["counters"]["store.commits"]
    started = time.monotonic()
    seq = 0
    while time.monotonic() - started < FLOOD_S:
        for _ in range(STEP):
            seq += 1
            load.send("report", [report(seq, seq * 10)])
        while load.waiting > WINDOW:
            time.sleep(0.002)
    load.wait_for_acks(within_s=60)
    elapsed = max(load.acked_at.values()) - started
    commits = gateway.status()["counters"]["store.commits"] - commits
    return seq / elapsed, max(1, round(seq / commits))


def raw_rate(batch: int) -> float:
    """The same rows in batches of the same size."""
    count = 60_000
    rows = [("load", BOOT, seq, 1, 1_700_000_000_000 + seq, messages.write(report(seq, seq * 10))) for seq in range(count)]
    return rows_per_s(_CREATE, _INSERT, [rows[start : start + batch] for start in range(0, count, batch)])


def paced(load: LoadNode) -> list[float]:
    """ms from publish to acknowledgement."""
    started = time.monotonic()
    for seq in range(1, PACED_PER_S * PACED_S + 1):
        time.sleep(max(0.0, started + seq / PACED_PER_S - time.monotonic()))
        load.send("report", [report(seq, seq * 20)])
    load.wait_for_acks(within_s=30)
    return [1000 * (load.acked_at[seq] - load.sent_at[seq]) for seq in load.acked_at if seq]
