"""The clock of a virtual board: its rate, its ticks of 30 bits, and the waits of asyncio."""

import time
from pathlib import Path

import pytest

from hil_tests.tests.board_program import board_with

pytestmark = pytest.mark.hil


def _printed(console: str, name: str) -> list[int]:
    return [int(number) for number in console.split(name + " ")[1].split("\n")[0].split()]


def test_at_a_rate_asyncio_waits_shorter_and_the_board_believes_it_waited_all(tmp_path: Path) -> None:
    main = """
        import asyncio, time
        async def forever():
            await asyncio.sleep(1_000_000)
        async def main():
            print("begin")
            began, second = time.ticks_ms(), time.time()
            await asyncio.sleep(20)
            await asyncio.sleep_ms(10_000)
            try:
                await asyncio.wait_for(forever(), 20)
            except asyncio.TimeoutError:
                print("late")
            try:
                await asyncio.wait_for_ms(forever(), 10_000)
            except asyncio.TimeoutError:
                print("late")
            print("waited", time.ticks_diff(time.ticks_ms(), began), time.time() - second)
            time.sleep_ms(10_000)
            print("end", time.ticks_diff(time.ticks_ms(), began))
        asyncio.run(main())
        """
    with board_with(tmp_path, main, rate=60) as board:
        board.start()
        board.wait_for_console("begin")
        began = time.monotonic()
        board.wait_for_console("end")
        took_s = time.monotonic() - began
        board.wait_for_console(">>> ")
        assert board.console().count("late") == 2
        waited_ms, waited_s = _printed(board.console(), "waited")
        (all_ms,) = _printed(board.console(), "end")
    assert waited_ms >= 60_000
    assert 59 <= waited_s <= waited_ms // 1000 + 1
    assert all_ms >= 70_000
    assert took_s < 20  # 70 s of the board
    assert abs(all_ms / 60_000 - took_s) < 1


def test_no_wait_ends_early(tmp_path: Path) -> None:
    main = """
        import asyncio, time
        async def other():  # keeps the loop awake: a loop asleep would round up anyway
            while True:
                await asyncio.sleep_ms(0)
        async def main():
            early = 0
            asyncio.create_task(other())
            for round in range(20):
                for ms in (1, 2, 7, 19, 20, 21, 50, 333):
                    began = time.ticks_us()
                    await asyncio.sleep_ms(ms)
                    early += time.ticks_diff(time.ticks_us(), began) < ms * 1000
            print("early", early)
        asyncio.run(main())
        """
    with board_with(tmp_path, main, rate=20) as board:
        board.start()
        board.wait_for_console(">>> ")
        assert "early 0\n" in board.console()


def test_at_rate_one_time_runs_as_on_the_wall(tmp_path: Path) -> None:
    main = "import time\nbegan = time.ticks_ms()\ntime.sleep_ms(500)\nprint('ticks', began, time.ticks_diff(time.ticks_ms(), began))"
    with board_with(tmp_path, main) as board:
        board.start()
        board.wait_for_console("ticks ")
        board.wait_for_console(">>> ")
        began, waited = _printed(board.console(), "ticks")
    assert 0 <= began < 5_000
    assert 500 <= waited < 5_000


def test_ticks_wrap_at_30_bits_where_the_host_wants_it(tmp_path: Path) -> None:
    main = """
        import asyncio, time
        async def main():
            before = time.ticks_ms()
            print("before", before)
            await asyncio.sleep(2)
            after = time.ticks_ms()
            print("after", after, time.ticks_diff(after, before), time.ticks_add(before, 1000), time.ticks_diff(before, after))
        asyncio.run(main())
        """
    with board_with(tmp_path, main, ticks_start_ms=(1 << 30) - 1000) as board:
        board.start()
        board.wait_for_console(">>> ")
        (before,) = _printed(board.console(), "before")
        after, difference, sum_, reverse = _printed(board.console(), "after")
    assert (1 << 30) - 1000 <= before < 1 << 30
    assert after < 20_000
    assert 1_990 <= difference < 10_000
    assert sum_ == before + 1000 - (1 << 30)
    assert reverse == -difference


def test_ticks_begin_anew_with_a_reset_and_go_on_over_a_soft_reset(tmp_path: Path) -> None:
    main = """
        import machine, time
        print("cause", machine.reset_cause(), time.ticks_ms())
        if machine.reset_cause() == machine.PWRON_RESET:
            time.sleep_ms(5_000)
            machine.soft_reset()
        if machine.reset_cause() == machine.SOFT_RESET:
            machine.reset()
        """
    with board_with(tmp_path, main, rate=20) as board:
        board.start()
        board.wait_for_console(">>> ")
        ticks = [int(line.split()[2]) for line in board.console().splitlines() if line.startswith("cause")]
    assert ticks[1] > 5_000 > ticks[0]
    assert ticks[2] < ticks[1]


def test_reading_the_time_makes_nothing_on_the_heap(tmp_path: Path) -> None:
    main = """
        import gc, time
        def read():
            for _ in range(1000):
                time.ticks_diff(time.ticks_add(time.ticks_ms(), 5), time.ticks_us())
        read()
        gc.collect()
        before = gc.mem_alloc()
        read()
        print("made", gc.mem_alloc() - before)
        """
    with board_with(tmp_path, main, rate=60) as board:
        board.start()
        board.wait_for_console(">>> ")
        assert _printed(board.console(), "made")[0] < 500
