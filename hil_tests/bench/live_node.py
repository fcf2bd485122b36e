"""How late a node's loop runs, with everything active: by the wall clock, because on the bench's own clock computing takes no time. Five
parts read each second, reports each second over a real gateway, an outage that goes to flash. The node tells its own figures."""

import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from hil_tests.district import District
from hil_tests.plan import EAST_GATE, DistrictPlan, NodePlan, SensorPlan
from hil_tests.processes import wait_until

NODE = "busy-1"
SENSORS = (
    SensorPlan(0, "pms5003", 0),
    SensorPlan(1, "sps30", 2),
    SensorPlan(2, "sds011", 3),
    SensorPlan(3, "jxct_tvoc", 1, 1),
    SensorPlan(4, "xy_md02", 1, 2),
)
PLAN = DistrictPlan((EAST_GATE,), (NodePlan(NODE, EAST_GATE.id, SENSORS, {"period_ms": 1000, "spool_after_s": 10}),))
AWAY_S = 30
# The node tells its counters when something new is wrong: a damaged line makes it speak.
NOISE = 0.05
WITHIN_S = 200


class Delays(NamedTuple):
    p99_ms: int
    feed_gap_ms: int


def delays() -> Delays:
    with tempfile.TemporaryDirectory() as folder, District(PLAN, Path(folder)) as district:
        district.start()
        district.wait_for_items(10, within_s=60)
        broker = district.gateways[EAST_GATE.id].broker
        broker.program.kill()
        time.sleep(AWAY_S)
        broker.start()
        to_board, _ = district.nodes[NODE].faults[0]
        to_board.on("garble", NOISE)
        wait_until(lambda: bool(_told(district)), within_s=WITHIN_S, what="the node's counters", every_s=1)
        told = _told(district)[-1]
    return Delays(told["loop.delay_p99_ms"], told["loop.feed_gap_max_ms"])


def _told(district: District) -> list[dict[str, Any]]:
    events = [item["body"] for item in district.items(NODE) if item["kind"] == "event"]
    return [body["a"] for body in events if body["k"] == "counters" and "loop.delay_p99_ms" in body["a"] and "spool.spooled" in body["a"]]
