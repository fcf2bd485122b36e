"""The gateway as a process, with virtual instruments, a monitor, a GPS receiver and a wired node at its serial ports."""

import asyncio
import contextlib
import signal
import sys
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from contract import quality as q
from contract.quantities import ID
from gateway.tests.conftest import until
from gateway.tests.site import BOOT, configuration_document, desired_node, free_port, items, report, write_configuration
from gateway.tests.terminals import Terminal
from gateway.tests.wired_node import WiredNode
from hil_tests.sensors.bam1020 import Bam1020
from hil_tests.sensors.bayern_hessen import HessenMonitor
from hil_tests.sensors.gps import GpsReceiver
from hil_tests.sensors.host import SensorHost
from hil_tests.stand_in_fleet.fleet import CODE, GATEWAY, StandInFleet

pytestmark = pytest.mark.hil

_COMMAND = str(Path(sys.executable).with_name("airgrid-gateway"))
PM2_5 = ID["pm2_5_mass"]
HOUR_S = 1_786_798_800  # an hour that ended at 13:00 UTC
BAM = {"source": "bam", "kind": "bam1020", "port": "bam", "slot": 1, "quantity": "pm2_5_mass", "poll_ms": 1000, "clock_offset_min": 480}
HESSEN = {
    "source": "grimm", "kind": "bayern_hessen", "port": "grimm", "slot": 2, "period_ms": 1000, "poll_ms": 500, "serial": "180",
    "channels": [{"id": 22, "quantity": "pm2_5_mass", "divide": 1000}],
}  # fmt: skip
CAR = {"source": "car", "kind": "gps", "port": "gps", "track_ms": 1000, "silent_s": 2}
WIRE = {"source": "yard", "kind": "nodes", "port": "wire", "baud": 115200, "mode": "point", "nodes": [{"node": "n-7"}]}


class Site:
    """The process with its ports; the broker is not there, which harms nobody here."""

    def __init__(self, folder: Path, fleet: StandInFleet, ports: dict[str, Terminal], others: dict[str, str] | None = None) -> None:
        """others: devices that are no terminals of the test."""
        self.fleet = fleet
        self.ports = ports
        self.config = folder / "gateway.toml"
        devices = {name: str(terminal.device) for name, terminal in ports.items()} | (others or {})
        write_configuration(self.config, configuration_document(folder / "state", fleet, free_port(), ports=devices))

    async def run(self, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(_COMMAND, *arguments, "--config", str(self.config), stdout=DEVNULL)
        assert await asyncio.wait_for(process.wait(), 30) == 0

    @asynccontextmanager
    async def running(self, end: signal.Signals = signal.SIGTERM) -> AsyncIterator[None]:
        process = await asyncio.create_subprocess_exec(_COMMAND, "run", "--config", str(self.config), stderr=DEVNULL)
        try:
            yield
        finally:
            process.send_signal(end)
            await asyncio.wait_for(process.wait(), 30)

    def said(self, kind: str, slot: int | None = None) -> list[dict[str, Any]]:
        """By the gateway itself, in the order of its coming; reports of a slot."""
        found = [self.fleet.items[key] for key in self.fleet.accepted if key[0] == GATEWAY and self.fleet.items[key]["kind"] == kind]
        return [item for item in found if slot is None or item["body"]["ch"][0][0] == slot]

    async def until(self, condition: Callable[[], object], what: str) -> None:
        await self.fleet.wait(lambda: bool(condition()), what=what)


@pytest.fixture
def host() -> Iterator[SensorHost]:
    with SensorHost() as host:
        yield host


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    ports = {name: Terminal(tmp_path / name) for name in ("bam", "grimm", "gps", "wire")}
    fleet = StandInFleet()
    await fleet.start()
    site = Site(tmp_path, fleet, ports)
    await site.run("enrol", "--code", CODE)
    yield site
    await fleet.stop()
    for terminal in ports.values():
        with contextlib.suppress(OSError):
            terminal.unplug()


@pytest.mark.parametrize("dialect", ["query", "csv"])
async def test_an_hour_of_a_reference_monitor_is_in_the_record_once_over_a_kill(site: Site, host: SensorHost, dialect: str) -> None:
    monitor = Bam1020()
    monitor.hour(HOUR_S, 0.0213)
    host.attach(site.ports["bam"].master, monitor)
    await site.fleet.desire([], sources=[BAM | {"dialect": dialect}])
    async with site.running(end=signal.SIGKILL):
        await site.until(lambda: site.said("report"), "the first hour")
    asked = monitor.asked
    async with site.running():
        await until(lambda: monitor.asked >= asked + 2, "asked for the first hour again, after the kill")
        monitor.hour(HOUR_S + 3600, 0.995, "LM")
        await site.until(lambda: len(site.said("report")) >= 2 and site.said("event"), "the second hour")
    first, second = site.said("report")
    assert first["body"]["ch"] == [[1, PM2_5, q.OK, 1, 2130, 2130, 2130]]
    start_ms = 1000 * (HOUR_S - 3600) - 480 * 60_000
    assert first["time"] == {"how": "node", "start_ms": start_ms, "error_ms": 120_000} and first["body"]["d"] == 3_600_000
    assert second["body"]["ch"] == [[1, PM2_5, q.SENSOR_ERROR, 1, 99_500, 99_500, 99_500]]
    (flags,) = site.said("event")
    assert flags["body"]["k"] == "monitor_flags" and sorted(flags["body"]["a"]["flags"]) == ["L", "M"]
    assert flags["body"]["a"]["start_ms"] == start_ms + 3_600_000


async def test_values_of_a_bayern_hessen_monitor_are_averaged_and_its_errors_told(site: Site, host: SensorHost) -> None:
    monitor = HessenMonitor({21: (3412, 1), 22: (2130, 1)})
    host.attach(site.ports["grimm"].master, monitor)
    await site.fleet.desire([], sources=[HESSEN])

    def last() -> list[int]:
        reports = site.said("report", slot=2)
        return reports[-1]["body"]["ch"][0] if reports else [0] * 4

    async with site.running():
        await site.until(lambda: last()[2:] == [q.OK, 2, 2130, 2130, 2130], "two readings in a second")
        assert site.said("hello")[0]["body"]["sn"] == [[2, "bayern_hessen", "180"]]
        monitor.error = 0x21
        await site.until(lambda: last()[2] == q.SENSOR_ERROR, "its error")
        host.detach(site.ports["grimm"].master)
        await site.until(lambda: last()[2:] == [q.NO_REPLY, 0], "its silence")


async def test_every_item_of_a_mobile_site_says_where_it_was_or_why_nobody_knows(site: Site, host: SensorHost) -> None:
    receiver = GpsReceiver((31.2378933, 121.4755867), knots=16.2)
    host.attach(site.ports["gps"].master, receiver)
    node = WiredNode("n-7", 1, site.ports["wire"])
    node.attach()
    await site.fleet.desire([desired_node("n-7")], sources=[CAR, WIRE])

    async def place_of(seq: int) -> dict[str, Any]:
        node.say("report", items("report", report(seq, u=now_ms(), e=50) | {"d": 10}))
        await site.until(lambda: ("n-7", BOOT, seq) in site.fleet.items, f"report {seq}")
        # Absent of what was made before the receiver was there at all.
        found: dict[str, Any] = site.fleet.items["n-7", BOOT, seq].get("position", {})
        return found

    async def until_it_says(seq: int, why: str) -> int:
        while (await place_of(seq)) != {"why": why}:
            seq += 1
        return seq + 1

    async with site.running():
        seq = 0
        while "lat_e7" not in (found := await place_of(seq)):
            seq += 1
        assert abs(found["lat_e7"] - 312_378_933) <= 2 and abs(found["lon_e7"] - 1_214_755_867) <= 2
        assert (found["speed_mm_s"], found["fix"], found["hdop_x100"]) == (8334, "gps", 101)
        assert found["age_ms"] < 3000
        receiver.place = None
        seq = await until_it_says(seq + 1, "no_fix")
        host.detach(site.ports["gps"].master)
        seq = await until_it_says(seq, "silent")
    async with site.running():  # the track has survived
        assert "why" in await place_of(seq)
    node.detach()


def now_ms() -> int:
    return time.time_ns() // 1_000_000
