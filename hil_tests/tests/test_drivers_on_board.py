"""The firmware's drivers on the virtual board, without link, gateway or fleet: what they make of real bytes, in quiet and in noise."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract.quality import OK, WARMING_UP
from contract.quantities import key, scale
from hil_tests.board.board import VirtualBoard
from hil_tests.board.lockstep import Lockstep
from hil_tests.sensors.faults import Faults
from hil_tests.sensors.host import SensorHost
from hil_tests.sensors.modbus_slaves import ModbusSlave, ModbusSlaves
from hil_tests.sensors.plantower import Plantower
from hil_tests.sensors.scenario import steady
from technician.build import flash_files
from technician.flash_layout import SLOT

pytestmark = pytest.mark.hil

SEED = 5003
NOISE = 0.01
PERIOD = "PERIOD "
# 30 s of warm-up are six periods of 5 s and the one in which it ends; twenty of measuring follow.
WARM_UP_PERIODS = 7
PERIODS = WARM_UP_PERIODS + 20

AIR = steady(pm2_5_atm=87, tvoc=412, temperature=-10.1, humidity=65.8)
SENSORS: list[dict[str, Any]] = [
    {"slot": 0, "part": "pms5003", "port": 0, "mode": "active", "poll_ms": 1000},
    {"slot": 1, "part": "jxct_tvoc", "port": 1, "address": 1, "poll_ms": 1000},
    {"slot": 2, "part": "xy_md02", "port": 1, "address": 2, "poll_ms": 1000},
]

# Stands in for the node's main.py: the drivers and the sampler, printed.
MAIN = """
import sys
sys.path.insert(0, "{slot}")
import asyncio, json
from node import clock, parts, port
from node.boards import virtual
from node.sampler import Sampler

from contract.settings import with_defaults

SENSORS = with_defaults({{"sensors": {sensors!r}}})["sensors"]

async def main():
    uptime_ms = clock.uptime_ms
    open_port = lambda number, line: port.open_port(virtual.PORTS[number], line, uptime_ms)
    sampler = Sampler(parts.channels(SENSORS), uptime_ms)
    drivers = parts.build(SENSORS, open_port, sampler, uptime_ms)
    tasks = [asyncio.create_task(driver.run(lambda: None)) for driver in drivers]
    while True:
        await asyncio.sleep_ms(5000)
        print("{period}" + json.dumps([sampler.close(), [driver.counters for driver in drivers]]))

asyncio.run(main())
"""


class Bench:
    def __init__(self, board: VirtualBoard, host: SensorHost, lockstep: Lockstep) -> None:
        self.lockstep = lockstep
        self.board = board
        self.parts: dict[int, Plantower | ModbusSlave] = {
            0: Plantower(AIR),
            1: ModbusSlave("jxct_tvoc", AIR, address=1),
            2: ModbusSlave("xy_md02", AIR, address=2),
        }
        # To and from the board, by port.
        self.faults = {0: (Faults(SEED), Faults(SEED + 1)), 1: (Faults(SEED + 2), Faults(SEED + 3))}
        pms, *slaves = self.parts.values()
        assert isinstance(pms, Plantower)
        host.attach(board.uart_master_fd(0), pms, *self.faults[0])
        host.attach(board.uart_master_fd(1), ModbusSlaves([slave for slave in slaves if isinstance(slave, ModbusSlave)]), *self.faults[1])

    def periods(self, count: int) -> list[tuple[list[list[int]], list[dict[str, int]]]]:
        """Rows and counters of the first periods of 5 s of the board."""

        def printed() -> bool:
            return self.board.console().count(PERIOD) > count  # the last line may be half printed

        self.lockstep.run_until(printed, 5 * (count + 3), f"{count} periods")
        for faults in (*self.faults[0], *self.faults[1]):
            print(faults)  # noqa: T201 - pytest shows it when the test fails
        lines = [line for line in self.board.console().splitlines() if line.startswith(PERIOD)]
        return [tuple(json.loads(line.removeprefix(PERIOD))) for line in lines[:count]]

    def shown(self, slot: int, quantity: int) -> int:
        """What the part shows of a steady air, as a wire value."""
        return round(self.parts[slot].shown_between(0, float("inf"), key(quantity))[-1] * scale(quantity))


@contextmanager
def bench(folder: Path, mode: str) -> Iterator[Bench]:
    lockstep = Lockstep()
    host = SensorHost(clock=lockstep)
    lockstep.add(host)
    with VirtualBoard(folder, unique_id="01", lockstep=lockstep) as board, closing(host):
        made = Bench(board, host, lockstep)
        sensors = [{**sensor, "mode": mode} if "mode" in sensor else sensor for sensor in SENSORS]
        application = {path: content for path, content in flash_files("virtual").items() if path.startswith(SLOT)}
        board.flash({**application, "/main.py": MAIN.format(slot=SLOT, sensors=sensors, period=PERIOD).encode()})
        board.start()
        yield made


def good_rows(bench: Bench, rows: list[list[int]]) -> int:
    """How many rows are usable; each of them must be exactly what the part showed."""
    good = 0
    for slot, quantity, quality, _, *values in rows:
        if quality == OK:
            assert set(values) == {bench.shown(slot, quantity)}, (slot, key(quantity), values)
            good += 1
    return good


@pytest.mark.parametrize("mode", ["active", "passive"])
def test_in_quiet_every_channel_is_read_and_nothing_rejected(tmp_path: Path, mode: str) -> None:
    with bench(tmp_path, mode) as made:
        periods = made.periods(PERIODS)
        first_rows, _ = periods[0]
        assert {quality for slot, _, quality, *_ in first_rows if slot == 0} == {WARMING_UP}
        for rows, _ in periods[WARM_UP_PERIODS:]:
            assert good_rows(made, rows) == len(rows) == 15
        for counters in periods[-1][1]:
            assert {name: count for name, count in counters.items() if name.startswith("rejected") and count} == {}


@pytest.mark.parametrize("mode", ["active", "passive"])
def test_in_noise_no_value_is_wrong_and_data_goes_on(tmp_path: Path, mode: str) -> None:
    with bench(tmp_path, mode) as made:
        for faults in (*made.faults[0], *made.faults[1]):
            faults.on("garble", NOISE)
        periods = made.periods(PERIODS)
        measured = periods[WARM_UP_PERIODS:]
        good = sum(good_rows(made, rows) for rows, _ in measured)
        assert good > 0.8 * 15 * len(measured)
        for counters, (to_board, _) in zip(periods[-1][1], made.faults.values()):
            assert to_board.injected["garble"] > 5
            assert sum(count for name, count in counters.items() if name.startswith(("rejected", "timeouts"))) > 0
