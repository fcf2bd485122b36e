"""The drivers of UART parts against the virtual parts, whose encoders know nothing of them: what was shown is what is read; lost commands,
lost replies, noise and other parts in their place cost readings, and never give a wrong one. On a line in memory, in no time."""

import math
from typing import Any

import pytest

from contract import quality as q
from contract.quantities import key, scale
from firmware.tests.uart_bench import Bench
from hil_tests.sensors.faults import Faults
from hil_tests.sensors.hpma115 import Hpma115
from hil_tests.sensors.line import Line
from hil_tests.sensors.plantower import Plantower
from hil_tests.sensors.scenario import steady
from hil_tests.sensors.sds011 import Sds011
from hil_tests.sensors.uart_parts import UART_DEVICES, UartPart

SEED = 11
AIR = steady(pm2_5_atm=87, temperature=-10.1, humidity=65.8, formaldehyde=38)
PLANTOWER = ("pms1003", "pms3003", "pms5003", "pms5003s", "pms5003st", "pms5003t", "pms7003", "pmsa003")
NAMES = (*PLANTOWER, "sds011", "hpma115s0", "hpma115c0")
FOREIGNERS = {name: [other for other in NAMES if other != name and (name not in PLANTOWER or other not in PLANTOWER)] for name in NAMES}


class OnLine:
    """A virtual part behind a line with faults, as a peer of the line in memory: whole milliseconds."""

    def __init__(self, part: UartPart) -> None:
        self.to_board, self.from_board = Faults(SEED), Faults(SEED + 1)
        self._line = Line(part, self.to_board, self.from_board)

    def handle(self, data: bytes, now: int) -> None:
        self._line.handle(data, now)

    def next_action(self, now: int) -> bytes | None:
        return self._line.next_action(now)

    def next_due(self) -> int | None:
        due = self._line.next_due()
        return None if due is None else math.ceil(due)


def on(name: str, part: UartPart | None = None, **settings: Any) -> tuple[Bench, OnLine, UartPart]:
    part = part or UART_DEVICES[name](AIR)
    peer = OnLine(part)
    return Bench(peer, name, **settings), peer, part


def assert_as_shown(bench: Bench, part: UartPart, since_ms: int, allowed: tuple[int, ...] = (q.OK,)) -> None:
    for quantity, (quality, n, *values) in bench.rows().items():
        assert quality in allowed, (bench.sensor["part"], key(quantity), quality)
        shown = {round(value * scale(quantity)) for value in part.shown_between(since_ms, float("inf"), key(quantity))}
        assert n == 0 or set(values) <= shown, (bench.sensor["part"], key(quantity), values, shown)


@pytest.mark.parametrize("mode", ["active", "passive"])
@pytest.mark.parametrize("name", NAMES)
def test_what_was_shown_is_what_is_read(name: str, mode: str) -> None:
    bench, _, part = on(name, mode=mode)
    assert bench.until(29_000).qualities() == {q.WARMING_UP}
    bench.until(33_000).sampler.close()
    assert_as_shown(bench.until(60_000), part, 30_001)
    assert bench.driver.counters["unacknowledged"] == 0


@pytest.mark.parametrize("mode", ["active", "passive"])
@pytest.mark.parametrize("name", ["pms5003", "pms5003st", "sds011", "hpma115s0", "hpma115c0"])
def test_lost_commands_are_said_again_until_the_part_sleeps_and_wakes_defect_7(name: str, mode: str) -> None:
    bench, peer, part = on(name, mode=mode)
    bench.until(40_000)
    peer.from_board.on("silence", 0.5)
    bench.driver.sleep()
    bench.until(100_000)
    assert part.settled_ms is None, str(peer.from_board)
    bench.driver.wake()
    bench.until(200_000)
    assert part.settled_ms is not None, str(peer.from_board)
    peer.from_board.off()
    bench.until(240_000).sampler.close()
    assert_as_shown(bench.until(270_000), part, 230_000)


@pytest.mark.parametrize("name", ["pms5003", "pms5003t", "sds011", "hpma115s0", "hpma115c0"])
def test_lost_replies_keep_nothing_from_being_read(name: str) -> None:
    bench, peer, part = on(name)
    peer.to_board.on("silence", 0.4)
    bench.until(40_000).sampler.close()
    # Two frames of a slow stream lost are a silence in which the part may have been without power.
    assert_as_shown(bench.until(100_000), part, 30_001, (q.OK, q.WARMING_UP))


@pytest.mark.parametrize("mode", ["active", "passive"])
@pytest.mark.parametrize("name", NAMES)
def test_noise_costs_readings_and_gives_no_wrong_one(name: str, mode: str) -> None:
    bench, peer, part = on(name, mode=mode)
    for fault in ("garble", "drop"):
        peer.to_board.on(fault, 0.005)
    peer.to_board.on("foreign", 0.1)
    peer.to_board.on("split", 0.2)
    bench.until(40_000).sampler.close()
    for period in range(1, 60):
        assert_as_shown(bench.until(40_000 + 10_000 * period), part, 30_001, (q.OK, q.STEP, q.NO_REPLY, q.REJECTED, q.WARMING_UP))
    assert bench.driver.counters["frames"] > 100, str(peer.to_board)


@pytest.mark.parametrize(("name", "other"), [(name, other) for name in NAMES for other in FOREIGNERS[name]])
def test_another_part_on_the_port_is_never_a_number_defect_6(name: str, other: str) -> None:
    bench, _, _ = on(name, UART_DEVICES[other](AIR))
    rows = bench.until(60_000).rows()
    assert {tuple(row) for row in rows.values()} <= {(q.REJECTED, 0), (q.NO_REPLY, 0)}


def test_another_model_in_its_place_and_back() -> None:
    part = Plantower(AIR)
    bench, _, _ = on("pms5003", part)
    bench.until(40_000)
    part.model = "pms5003st"
    bench.until(50_000).sampler.close()
    assert bench.until(60_000).qualities() == {q.REJECTED}
    assert bench.driver.health()[0][1]["wrong_model"] == 1
    part.model = "pms5003"
    bench.until(64_000).sampler.close()
    assert_as_shown(bench.until(90_000), part, 30_001)


def test_a_sds011_that_was_set_to_rest_by_itself_is_set_to_work_on() -> None:
    part = Sds011(AIR, minutes=5)
    bench, _, _ = on("sds011", part)
    bench.until(40_000).sampler.close()
    assert part.minutes == 0
    assert_as_shown(bench.until(120_000), part, 30_001)


def test_a_sds011_is_swapped() -> None:
    part = Sds011(AIR)
    bench, _, _ = on("sds011", part)
    bench.until(40_000)
    assert bench.driver.identity()[0][2] == "id a160 firmware 18-11-16"
    part.device_id, part.version = 0xB231, (20, 1, 2)
    bench.until(50_000)
    assert bench.driver.identity()[0][2] == "id b231 firmware 20-01-02"


def test_refusals_of_a_hpma115_are_counted_and_overcome() -> None:
    part = Hpma115(AIR)
    part.refuses = 2
    bench, _, _ = on("hpma115s0", part, mode="passive")
    bench.until(40_000).sampler.close()
    assert_as_shown(bench.until(60_000), part, 30_001)
    assert bench.driver.counters["refused"] == 2
