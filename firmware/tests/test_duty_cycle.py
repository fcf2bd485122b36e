# Duty cycle, quality and health as the settings order them, with real drivers on lines that nobody answers.

import asyncio

from contract.quality import ASLEEP
from contract.settings import with_defaults
from contract.site.shapes import channel_fault
from node.measuring import Measuring
from node.supervisor import Supervisor


class Hand:
    # A clock moved by hand.
    def __init__(self):
        self.now = 0

    def __call__(self) -> int:
        return self.now


class SilentPort:
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


def sensors(**settings: int) -> list:
    sensor = {"slot": 0, "part": "pms5003", "port": 0}
    sensor.update(settings)
    tvoc = {"slot": 1, "part": "jxct_tvoc", "port": 1, "duty_on_s": 60, "duty_period_s": 300}
    return with_defaults({"sensors": [sensor, tvoc]})["sensors"]


async def periods(rows: list, hand: Hand, end_ms: int) -> dict:
    """Of slot 0, end of a period of 10 s -> the qualities of its rows."""
    measuring = Measuring(lambda number, line: SilentPort(), Supervisor(hand), hand)
    assert await measuring.apply(rows) is None
    found = {}
    while hand.now < end_ms:
        hand.now += 250
        await asyncio.sleep(0)
        if hand.now % 10000 == 0:
            closed = measuring.close_period()
            assert [channel_fault(row) for row in closed] == [None] * len(closed)
            found[hand.now] = {row[2] for row in closed if row[0] == 0}
            assert {row[2] for row in closed if row[0] == 1} != {ASLEEP}  # transmitters have no sleep
        measuring.next_turn(hand.now)
    await measuring.apply([])
    return found


def test_periods_without_a_measuring_window_say_asleep_and_no_others_do():
    async def scene():
        found = await periods(sensors(duty_on_s=120, duty_period_s=600), Hand(), 1200000)
        asleep = [end for end in sorted(found) if found[end] == {ASLEEP}]
        first = asleep[0]
        # Awake for the window, and for a warm-up that the driver states (none: 120 s).
        assert first in (130000, 160000)
        assert asleep == [end for end in sorted(found) if (end - 10000) % 600000 >= first - 10000]

    asyncio.run(scene())


def test_without_a_duty_cycle_no_period_says_asleep():
    async def scene():
        found = await periods(sensors(), Hand(), 300000)
        assert all(ASLEEP not in qualities for qualities in found.values())

    asyncio.run(scene())


def test_health_is_of_the_drivers_that_tell_it():
    async def scene():
        hand = Hand()
        measuring = Measuring(lambda number, line: SilentPort(), Supervisor(hand), hand)
        await measuring.apply(sensors())
        assert all(len(told) == 2 and isinstance(told[1], dict) for told in measuring.health())
        assert measuring.asleep() == []
        await measuring.apply([])

    asyncio.run(scene())
