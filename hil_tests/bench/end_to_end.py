"""From the sensor's wire to the API: how old the youngest frame of a period is when the report that holds it can be read."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hil_tests.bench.figures import Measured, percentile
from hil_tests.district import District
from hil_tests.plan import one_node
from hil_tests.sensors.scenario import Daily, Scenario

NODE = "east-1"
PERIOD_MS = 1000
WARM_UP_S = 40
REPORTS = 60
LOOK_EVERY_S = 0.02


class Restless:
    """Air that never rests, so that the sensor sends several frames a second."""

    def at(self, t_ms: float) -> float:
        return Daily(mean=200, amplitude=150).at(t_ms * 720)


def figures() -> Iterator[Measured]:
    with tempfile.TemporaryDirectory() as folder:
        scenario = Scenario({"pm2_5_atm": Restless()})
        with District(one_node(period_ms=PERIOD_MS), Path(folder), scenario=scenario) as district:
            district.start()
            district.wait_for_items(3, within_s=60)
            time.sleep(WARM_UP_S)
            delays = visible_delays(district)
    yield Measured("e2e.visible_ms_p50", percentile(delays, 0.5))
    yield Measured("e2e.visible_ms_p99", percentile(delays, 0.99))


def visible_delays(district: District) -> list[float]:
    """ms from the last frame within a report's period to the moment the API shows that report."""
    api = district.fleet.api
    boot = district.ledger(NODE)[-1]
    seq = boot["highest"] + 1
    delays: list[float] = []
    while len(delays) < REPORTS:
        for item in api.get(f"nodes/{NODE}/items", boot=boot["boot"], from_seq=seq, limit=10)["items"]:
            seen_ms = district.clock.now_ms()
            seq = item["seq"] + 1
            if item["kind"] == "report":
                delays.extend(delay_of(district, item["time"]["start_ms"], seen_ms))
        time.sleep(LOOK_EVERY_S)
    return delays


def delay_of(district: District, start_ms: int, seen_ms: int) -> list[float]:
    frames = [at for at, _ in district.nodes[NODE].parts[0].shown if start_ms <= at < start_ms + PERIOD_MS]
    return [seen_ms - frames[-1]] if frames else []
