"""One node for days of simulated time on the bench's clock, under a scenario of faults made from a seed; and what became of every period.

run = SimulatedRun(folder, seed, hours=24)
run.start()
run.go()
run.unaccounted(), run.wrong_values()
"""

import json
import random
from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from contract.quality import OK
from contract.quantities import key, scale
from firmware.tests.far_end import KEY, NODE
from hil_tests.board.board import VirtualBoard
from hil_tests.board.lockstep import Lockstep
from hil_tests.firmware_on_board import ROM_BYTES, install
from hil_tests.lockstep_gateway import LockstepGateway
from hil_tests.sensors.faults import Faults
from hil_tests.sensors.ground_truth import ShownLog
from hil_tests.sensors.host import SensorHost
from hil_tests.sensors.line import Device
from hil_tests.sensors.modbus_slaves import ModbusSlave, ModbusSlaves
from hil_tests.sensors.scenario import Scenario, daily
from hil_tests.sensors.uart_parts import UART_DEVICES
from hil_tests.virtual_node import Part

PERIOD_MS = 60_000
HOUR_S = 3600
SENSORS: list[dict[str, Any]] = [
    {"slot": 0, "part": "pms5003", "port": 0},
    {"slot": 1, "part": "jxct_tvoc", "port": 1, "address": 1, "poll_ms": 10_000},
    {"slot": 2, "part": "xy_md02", "port": 1, "address": 2, "poll_ms": 10_000},
]
# All that a node of the figures has: three parts of particulate matter and two transmitters, each read once a second.
BUSY: list[dict[str, Any]] = [
    {"slot": 0, "part": "pms5003", "port": 0},
    {"slot": 1, "part": "sps30", "port": 2},
    {"slot": 2, "part": "sds011", "port": 3},
    {"slot": 3, "part": "jxct_tvoc", "port": 1, "address": 1, "poll_ms": 1000},
    {"slot": 4, "part": "xy_md02", "port": 1, "address": 2, "poll_ms": 1000},
]
# What a date may be wrong by, with what a driver may hold back.
SLACK_MS = 3000
PROBE_MS = 10_000


# Pieces of the heap that the last hours may have and the first had not: histories that fill, names that are met for the first time.
GROWTH_BYTES = 8192

# What happens so often a day, for so many seconds.
A_DAY = (
    ("noise", 8, 60, 900),
    ("silence", 4, 60, 900),
    ("dead_slave", 3, 300, 3600),
    ("absent", 2, 600, 7200),
    ("no_wifi", 2, 120, 1800),
    ("lossy", 3, 300, 1800),
    ("late", 2, 300, 1800),
    ("restart", 4, 1, 1),
    ("power_cut", 2, 1, 60),
)


class Fault(NamedTuple):
    at_s: float
    what: str
    lasts_s: float


def scenario(seed: int, hours: int) -> list[Fault]:
    """Of each kind some a day, from minutes to hours; the first hour and the last two are quiet."""
    dice = random.Random(seed)
    found = []
    for what, a_day, least_s, most_s in A_DAY:
        for _ in range(max(1, round(a_day * hours / 24))):
            found.append(Fault(dice.uniform(HOUR_S, (hours - 2) * HOUR_S), what, dice.uniform(least_s, most_s)))
    return sorted(found)


class SimulatedRun:
    """sensors: rows of the node's settings; `parts` are theirs by slot, `noise` is on the line to the board by port. in_place: the
    application runs from an image (ROMFS), not from files of the file system."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        hours: int,
        heap: str = "512k",
        probe_ms: int = PROBE_MS,
        sensors: list[dict[str, Any]] = SENSORS,
        in_place: bool = False,
    ) -> None:
        self.hours = hours
        self.bench = Lockstep()
        self.gateway = LockstepGateway(seed)
        self.host = SensorHost(clock=self.bench)
        self.sensors = sensors
        ports = {sensor["port"] for sensor in sensors}
        self.board = VirtualBoard(
            folder / "board",
            unique_id="0102030405060708",
            lockstep=self.bench,
            heap=heap,
            heap_probe_ms=probe_ms,
            rom_bytes=ROM_BYTES if in_place else 0,
        )
        self._in_place = in_place
        self.noise = {port: Faults(seed + port) for port in ports}
        air = daily(seed)
        self.parts = {sensor["slot"]: _part(sensor, air) for sensor in sensors}
        for part in self.parts.values():
            part.log = ShownLog(hours * 7200)
        self.faults = scenario(seed, hours)
        self.cuts = 0
        self._begun_us = 0
        self._entries: dict[int, list[tuple[int, dict[str, float]]]] = {}
        self.heap_bytes = [0, 0]

    def start(self) -> None:
        identity = {
            "node": NODE, "key": KEY.hex(), "wifi": {"ssid": "s", "password": "p"},
            "settings": {"period_ms": PERIOD_MS, "sensors": self.sensors},
            "broker": {"host": "127.0.0.1", "port": self.gateway.port, "user": "", "password": ""},
        }  # fmt: skip
        install(self.board, {"/identity.json": json.dumps(identity).encode()}, in_place=self._in_place)
        for port, noise in self.noise.items():
            self.host.attach(self.board.uart_master_fd(port), self._device(port), noise)
        self.bench.add(self.host)
        self.bench.add(self.gateway)
        self.board.start()
        self._begun_us = self.bench.now_us

    def _device(self, port: int) -> Device:
        here = [self.parts[sensor["slot"]] for sensor in self.sensors if sensor["port"] == port]
        first = here[0]
        return ModbusSlaves([part for part in here if isinstance(part, ModbusSlave)]) if isinstance(first, ModbusSlave) else first

    def stop(self) -> None:
        self.board.stop()
        self.host.stop()
        self.gateway.close()

    def go(self) -> None:
        """`heap_bytes` then holds the most in use in the first hour and since the last fault, both of them quiet."""
        steps: list[tuple[float, Callable[[], None]]] = []
        for fault in self.faults:
            begin, end = self._acts(fault)
            steps += [(fault.at_s, begin), (fault.at_s + fault.lasts_s, end)]
        self.heap_bytes[0] = self._heap_until(HOUR_S)
        for at_s, act in sorted(steps, key=lambda step: step[0]):
            self.run_to(at_s)
            act()
        self.heap_bytes[1] = self._heap_until(self.hours * HOUR_S)

    def _heap_until(self, at_s: float) -> int:
        """The most heap in use from now on until then."""
        self.board.forget_heap_peak()
        self.run_to(at_s)
        return self.board.heap_peak_bytes

    def run_to(self, at_s: float) -> None:
        left_us = self._begun_us + at_s * 1e6 - self.bench.now_us
        if left_us > 0:
            self.bench.run_for(left_us / 1e6)

    def _acts(self, fault: Fault) -> tuple[Callable[[], None], Callable[[], None]]:
        def nothing() -> None: ...

        acts: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
            "noise": (lambda: self._each("garble", 0.02), lambda: self._each("garble", 0)),
            "silence": (lambda: self.noise[0].on("silence"), lambda: self.noise[0].off("silence")),
            "dead_slave": (lambda: self.parts[1].power(False), lambda: self.parts[1].power(True)),
            "absent": (lambda: setattr(self.gateway, "away", True), lambda: setattr(self.gateway, "away", False)),
            "no_wifi": (lambda: self.board.set_access_point(False), lambda: self.board.set_access_point(True)),
            "lossy": (lambda: setattr(self.gateway, "lost_answers", 0.4), lambda: setattr(self.gateway, "lost_answers", 0.0)),
            "late": (lambda: setattr(self.gateway, "late_ms", 4000), lambda: setattr(self.gateway, "late_ms", 20)),
            "restart": (self.gateway.restart, nothing),
            "power_cut": (self._cut, self.board.power_on),
        }
        return acts[fault.what]

    def _each(self, kind: str, level: float) -> None:
        for faults in self.noise.values():
            if level:
                faults.on(kind, level)
            else:
                faults.off(kind)

    def _cut(self) -> None:
        self.cuts += self.board.running
        self.board.cut_power()

    # What became of it

    def unaccounted(self) -> list[str]:
        """Numbers of each boot that are neither there nor told as dropped, and holes between periods that follow one another."""
        found = []
        for boot in self.gateway.boots:
            items = {seq: held for (of, seq), held in self.gateway.items.items() if of == boot}
            told = {seq for kind, item in items.values() if kind == "event" and item["k"] == "dropped" for seq in _range(item["a"])}
            found += [f"{boot}: {seq} is missing" for seq in range(max(items)) if seq not in items and seq not in told]
            reports = [item for _, (kind, item) in sorted(items.items()) if kind == "report"]
            for before, after in pairwise(reports):
                between = set(range(before["q"] + 1, after["q"]))
                if before["s"] + before["d"] != after["s"] and not between & told:
                    found.append(f"{boot}: a hole before {after['s']}")
        return found

    def lost(self) -> bool:
        """Whether anything is missing, or told as dropped, or fewer periods came than there were."""
        kinds = [kind for kind, _ in self.gateway.items.values()]
        dropped = any(kind == "event" and item["k"] == "dropped" for kind, item in self.gateway.items.values())
        return dropped or bool(self.unaccounted()) or kinds.count("report") < self.hours * HOUR_S * 1000 // PERIOD_MS - 1

    def grown(self) -> bool:
        """Whether more of the heap was in use since the last fault than in the first hour."""
        first, last = self.heap_bytes
        return last >= first + GROWTH_BYTES

    def wrong_values(self) -> tuple[int, list[str]]:
        """How many values of good quality were compared with what the part showed, and those that are outside of it."""
        compared, wrong = 0, []
        for kind, item in self.gateway.items.values():
            if kind != "report" or "u" not in item:
                continue
            start, end = item["u"] - item["e"], item["u"] + item["d"] + item["e"]
            for slot, quantity, quality, _, *values in item["ch"]:
                if quality != OK or not values:
                    continue
                told = self._told(slot, start, end, key(quantity))
                low, high = min(told, default=0.0) * scale(quantity), max(told, default=-1.0) * scale(quantity)
                compared += 1
                if not all(low - 1 <= value <= high + 1 for value in values[:3]):
                    wrong.append(f"{item['q']} {slot} {key(quantity)}: {values}, shown {low} to {high}")
        return compared, wrong

    def _told(self, slot: int, start: float, end: float, quantity: str) -> list[float]:
        if not self._entries:
            self._entries = {number: part.shown for number, part in self.parts.items()}
        entries = self._entries[slot]
        first = bisect_left(entries, start - SLACK_MS, key=lambda entry: entry[0])
        last = bisect_left(entries, end + SLACK_MS, key=lambda entry: entry[0])
        return [values[quantity] for _, values in entries[first:last] if quantity in values]


def _part(sensor: dict[str, Any], air: Scenario) -> Part:
    part = sensor["part"]
    return UART_DEVICES[part](air) if part in UART_DEVICES else ModbusSlave(part, air, address=sensor["address"])


def _range(particulars: dict[str, Any]) -> range:
    return range(particulars["from"], particulars["to"] + 1)
