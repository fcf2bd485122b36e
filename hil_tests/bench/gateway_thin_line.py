"""Figures of alarms first: on a line that needs minutes for what waits, how long an event and a report take to the fleet meanwhile."""

import time
from collections.abc import Iterator
from contextlib import closing
from random import Random

from contract import messages
from hil_tests.bench.figures import Measured, percentile
from hil_tests.bench.gateway_disk import report_of
from hil_tests.bench.gateway_fill import SECTION, fill
from hil_tests.bench.gateway_uplink import BOOT, KEYS, Arrival, Fleet, site
from hil_tests.load_node import LoadNode, hello, report
from hil_tests.processes import wait_until

LINE_BYTES_PER_S = 8000  # 64 kbit/s: the edge of a cell
BACKLOG = 60_000
MEASURED_S = 30
# What waits must need longer than this at the rate that was seen, or the line was not thin.
LEAST_DRAIN_S = 120
_BODIES = 500  # different ones, so that gzip finds no more in them than in those of sensors


def figures() -> Iterator[Measured]:
    with site(KEYS, sections=SECTION, line_bytes_per_s=LINE_BYTES_PER_S) as (fleet, gateway):
        gateway.program.stop()
        bodies = [messages.write(report_of(Random(number), number, 1000 * number)) for number in range(_BODIES)]
        fill(gateway.state, "load", "00000001beac4009", BACKLOG, bodies)
        before = fleet.arrived
        gateway.program.start()
        wait_until(lambda: fleet.arrived > before, within_s=60, what="the backlog on its way")
        with closing(LoadNode("live", KEYS["live"], BOOT, gateway.broker.port, resend_s=60)) as live:
            live.wait_for_link()
            began = time.monotonic()
            sent = talk(live)
            drained = sum(arrival.node == "load" and arrival.at >= began for arrival in fleet.arrivals()) / (time.monotonic() - began)
            delays = arrived_after_ms(fleet, live, sent)
        left_s = (BACKLOG - drained * MEASURED_S) / drained
        assert left_s > LEAST_DRAIN_S, f"the backlog was gone within {left_s:.0f} s: no thin line"
        fleet.stop()
    yield Measured("gateway.thin_alarm_ms_max", max(delays["event"]))
    yield Measured("gateway.thin_live_ms_p99", percentile(delays["report"], 0.99))
    yield Measured("gateway.thin_drain_rate", drained)


def talk(live: LoadNode) -> int:
    """An event and a report a second, half a second apart, behind a hello; gives how many items."""
    live.send("hello", [hello(0)])
    started = time.monotonic()
    for seq in range(1, 2 * MEASURED_S + 1):
        time.sleep(max(0.0, started + seq / 2 - time.monotonic()))
        live.send("event", [{"q": seq, "s": seq * 500, "k": "fan", "a": {}}]) if seq % 2 else live.send("report", [report(seq, seq * 500)])
    return 2 * MEASURED_S + 1


def arrived_after_ms(fleet: Fleet, live: LoadNode, count: int) -> dict[str, list[float]]:
    """Of all that was sent live, by kind; waits for it."""
    wait_until(lambda: len(_of(fleet, live)) >= count, within_s=120, what="every live item at the fleet", every_s=0.5)
    found: dict[str, list[float]] = {}
    for arrival in _of(fleet, live).values():
        found.setdefault(arrival.kind, []).append(1000 * (arrival.at - live.sent_at[arrival.seq]))
    return found


def _of(fleet: Fleet, live: LoadNode) -> dict[int, Arrival]:
    """The first arrival of each."""
    return {arrival.seq: arrival for arrival in reversed(fleet.arrivals()) if arrival.node == live.node}
