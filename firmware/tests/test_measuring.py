import asyncio

from contract.quality import NOT_MEASURED
from contract.settings import with_defaults
from node.clock import uptime_ms
from node.measuring import Measuring
from node.supervisor import Supervisor

[TVOC] = with_defaults({"sensors": [{"slot": 1, "part": "jxct_tvoc", "port": 1, "address": 1, "poll_ms": 500}]})["sensors"]
PMS = {"slot": 0, "part": "pms5003", "port": 0, "address": 1, "poll_ms": 2000, "mode": "active"}


class SilentPort:
    """A line on which nobody answers."""

    character_us = 1042

    def expect(self, timeout_ms: int) -> None:
        pass

    def next_pause(self) -> int:
        return 0

    async def pause(self, ms: int) -> None:
        await asyncio.sleep(0)

    def read(self, view: memoryview) -> int:
        return 0

    async def readinto(self, view: memoryview, timeout_ms: int) -> int:
        await self.pause(0)
        return 0

    def write_now(self, data: bytes) -> int:
        return 0

    async def write(self, data: bytes) -> bool:
        await asyncio.sleep(0)
        return True


class FailingPort(SilentPort):
    def read(self, view: memoryview) -> int:
        raise RuntimeError("a fault of ours")


class StarvedPort(SilentPort):
    def read(self, view: memoryview) -> int:
        raise MemoryError


def on_ports(*ports: object) -> Measuring:
    return Measuring(lambda number, line: ports[number], Supervisor(uptime_ms), uptime_ms)


async def turns(count: int = 50) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_every_channel_of_the_settings_has_a_row():
    async def scene():
        measured = on_ports(SilentPort(), SilentPort())
        assert await measured.apply([PMS, TVOC]) is None
        rows = measured.close_period()
        assert len(rows) == 13 and {row[0] for row in rows} == {0, 1}
        assert [row[:2] for row in measured.not_measured()] == [row[:2] for row in rows]
        assert {row[2] for row in measured.not_measured()} == {NOT_MEASURED}
        await measured.apply([])
        assert measured.close_period() == [] and measured.identity() == []

    asyncio.run(scene())


def test_a_driver_that_fails_is_counted_and_started_again_and_the_other_goes_on():
    async def scene():
        ports = (FailingPort(), SilentPort())
        measured = Measuring(lambda number, line: ports[number], Supervisor(uptime_ms), uptime_ms, restart_ms=0)
        await measured.apply([PMS, TVOC])
        await turns()
        counters = dict(measured.counters())
        assert counters[0]["restarts_by_fault"] > 1
        assert "restarts_by_fault" not in counters[1]
        await measured.apply([])

    asyncio.run(scene())


def test_a_driver_that_fails_at_once_is_not_started_again_before_its_time():
    async def scene():
        ports = (FailingPort(), SilentPort())
        measured = Measuring(lambda number, line: ports[number], Supervisor(uptime_ms), uptime_ms, restart_ms=60000)
        await measured.apply([PMS, TVOC])
        await turns()
        assert dict(measured.counters())[0]["restarts_by_fault"] == 1
        await measured.apply([])

    asyncio.run(scene())


def test_a_driver_that_has_no_memory_says_that_and_no_other_reason():
    async def scene():
        ports = (StarvedPort(), SilentPort())
        measured = Measuring(lambda number, line: ports[number], Supervisor(uptime_ms), uptime_ms, restart_ms=0)
        await measured.apply([PMS, TVOC])
        await turns()
        counters = dict(measured.counters())
        assert counters[0]["no_memory"] > 1
        assert "restarts_by_fault" not in counters[0] and "no_memory" not in counters[1]
        await measured.apply([])

    asyncio.run(scene())


def test_a_port_that_does_not_open_leaves_channels_that_say_not_measured():
    def no_port(number, line):
        raise ValueError("no such pin")

    async def scene():
        measured = Measuring(no_port, Supervisor(uptime_ms), uptime_ms)
        assert await measured.apply([PMS]) == "no such pin"
        assert [row[2:] for row in measured.close_period()] == [[NOT_MEASURED, 0]] * 12

    asyncio.run(scene())


def test_drivers_of_former_settings_are_no_longer_waited_for():
    async def scene():
        moment = [0]
        supervisor = Supervisor(lambda: moment[0])
        measured = Measuring(lambda number, line: SilentPort(), supervisor, lambda: moment[0])
        await measured.apply([PMS])
        await turns(3)
        await measured.apply([])
        await turns(3)
        moment[0] = 60000
        assert supervisor.overdue() == []

    asyncio.run(scene())


def test_held_back_every_channel_is_there_and_not_measured_and_no_driver_runs():
    async def scene():
        measured = on_ports(FailingPort(), FailingPort())
        await measured.apply([PMS])
        unknown = {"slot": 3, "part": "no_such_part", "port": 1}
        await measured.hold([PMS, unknown, TVOC])
        await turns()
        rows = measured.close_period()
        assert len(rows) == 13 and {row[2] for row in rows} == {NOT_MEASURED}
        assert measured.identity() == [] and measured.counters() == []

    asyncio.run(scene())
