"""Boards on the bench's clock: time passes only when all of them let it, and as fast as it can."""

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import pytest

from hil_tests.board.board import VirtualBoard
from hil_tests.board.lockstep import Lockstep
from hil_tests.tests.board_program import UNIQUE_ID

pytestmark = pytest.mark.hil

HOUR_S = 3600


@pytest.fixture
def bench() -> Lockstep:
    return Lockstep(hangs_after_s=3)


class Boards:
    def __init__(self, folder: Path, bench: Lockstep) -> None:
        self._folder = folder
        self._bench = bench
        self.made: list[VirtualBoard] = []

    def start(self, main: str, name: str = "board") -> VirtualBoard:
        board = VirtualBoard(self._folder / name, unique_id=UNIQUE_ID, lockstep=self._bench)
        self.made.append(board)
        board.flash({"main.py": dedent(main).encode()})
        board.start()
        return board


@pytest.fixture
def boards(tmp_path: Path, bench: Lockstep) -> Iterator[Boards]:
    made = Boards(tmp_path, bench)
    yield made
    for board in made.made:
        board.stop()


def printed(board: VirtualBoard, name: str) -> list[list[int]]:
    return [[int(word) for word in line.split()[1:]] for line in board.console().splitlines() if line.startswith(name + " ")]


def test_an_hour_of_waits_takes_seconds_and_every_wait_ends_at_its_time(boards: Boards, bench: Lockstep) -> None:
    board = boards.start("""
        import asyncio, time
        async def late():
            await asyncio.sleep(10**6)
        async def main():
            began, second = time.ticks_ms(), time.time()
            for _ in range(60):
                await asyncio.sleep(20)
                await asyncio.sleep_ms(20_000)
                try:
                    await asyncio.wait_for(late(), 10)
                except asyncio.TimeoutError:
                    time.sleep_ms(10_000)
            print("took", time.ticks_diff(time.ticks_ms(), began), time.time() - second)
        asyncio.run(main())
        """)
    began = time.monotonic()
    bench.run_until(lambda: "took" in board.console(), HOUR_S + 10, "an hour")
    assert time.monotonic() - began < 60
    ((ms, s),) = printed(board, "took")
    assert 3_600_000 <= ms < 3_600_500
    assert 3599 <= s <= 3601


def test_tasks_wake_in_the_order_of_their_times_though_one_computes_for_long(boards: Boards, bench: Lockstep) -> None:
    board = boards.start("""
        import asyncio, time
        async def at(ms):
            while True:
                await asyncio.sleep_ms(ms)
                print("at", time.ticks_ms(), ms)
        async def busy():
            while True:
                sum(range(200_000))
                await asyncio.sleep_ms(35)
        async def main():
            await asyncio.gather(at(10), at(25), busy())
        asyncio.run(main())
        """)
    bench.run_for(2)
    woken = printed(board, "at")
    assert len(woken) > 200
    assert all(before[0] <= after[0] for before, after in pairwise(woken))
    tens = [ms for ms, period in woken if period == 10]
    assert {after - before for before, after in pairwise(tens)} <= {10, 11}


def test_a_waiting_loop_that_looks_at_the_clock_comes_to_its_end(boards: Boards, bench: Lockstep) -> None:
    board = boards.start("""
        import time
        began = time.ticks_us()
        while time.ticks_diff(time.ticks_us(), began) < 20_000:
            pass
        print("done")
        """)
    bench.run_until(lambda: "done" in board.console(), 1, "the end of the loop")


def test_the_watchdog_bites_at_its_time_whether_the_board_sleeps_or_hangs(boards: Boards, bench: Lockstep) -> None:
    board = boards.start("""
        import asyncio, machine, time
        print("boot", machine.reset_cause())
        machine.WDT(timeout=8000)
        if machine.reset_cause() == machine.WDT_RESET:
            while True:
                pass
        time.sleep(3600)
        """)
    bench.run_for(7.9)
    assert len(board.boots) == 1
    began = bench.now_us
    bench.run_until(lambda: len(board.boots) >= 3, 20, "the bite of a board that sleeps, and of one that hangs")
    assert 8_000_000 <= bench.now_us - began < 8_300_000
    assert [reason for _, reason in board.boots[:2]] == ["wdt", "wdt"]


def test_two_boards_share_the_time(boards: Boards, bench: Lockstep) -> None:
    program = """
        import asyncio, time
        async def main():
            while True:
                await asyncio.sleep_ms({step})
                print("at", time.ticks_ms())
        asyncio.run(main())
        """
    fast, slow = boards.start(program.format(step=7), "fast"), boards.start(program.format(step=1000), "slow")
    bench.run_for(10.5)
    assert len(printed(slow, "at")) == 10
    assert 1490 <= len(printed(fast, "at")) <= 1500


def test_bytes_to_a_board_that_is_off_are_not_there_when_it_comes_back(boards: Boards, bench: Lockstep) -> None:
    board = boards.start("""
        import machine, time
        uart = machine.UART(0, 9600)
        print("waiting", uart.any())
        time.sleep(1000)
        """)
    bench.run_for(1)
    board.cut_power()
    bench.run_for(1)
    assert not board.running
    board.power_on()
    bench.run_for(1)
    assert printed(board, "waiting") == [[0], [0]]
