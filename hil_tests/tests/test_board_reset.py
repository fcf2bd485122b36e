"""Resets of a virtual board: who causes them, what the next boot is told, and what outlives them."""

import re
from pathlib import Path

import pytest

from hil_tests.tests.board_program import board_with

pytestmark = pytest.mark.hil

EACH_CAUSE = """
    import machine, time
    cause = machine.reset_cause()
    print("cause", cause)
    if cause == machine.PWRON_RESET:
        machine.reset()
    if cause == machine.HARD_RESET:
        machine.WDT(timeout=200)
        time.sleep(1000)
    if cause == machine.WDT_RESET:
        machine.soft_reset()
    print("end")
    """


def test_the_next_boot_is_told_why_the_last_one_ended(tmp_path: Path) -> None:
    with board_with(tmp_path, EACH_CAUSE) as board:
        board.start()
        board.wait_for_console("end")
        assert board.boots == [(1, "reset"), (2, "wdt"), (3, "soft_reset"), (5, None)]
        board.cut_power()
        assert not board.running
        board.power_on()
        board.wait_for_console("end", count=2)
        assert board.boots[3:5] == [(5, "power_cut"), (1, "reset")]


def test_a_fed_watchdog_does_not_bite_and_a_hanging_program_is_killed(tmp_path: Path) -> None:
    main = """
        import machine, time
        if machine.reset_cause() == machine.PWRON_RESET:
            watchdog = machine.WDT(timeout=1000)
            for _ in range(30):
                time.sleep_ms(100)
                watchdog.feed()
            print("fed for 3 s")
            while True:
                pass
        """
    with board_with(tmp_path, main) as board:
        board.start()
        board.wait_for_console("fed for 3 s")
        board.wait_for_boots(2)
        assert board.boots == [(1, "wdt"), (3, None)]


def test_the_watchdog_lives_at_the_rate_of_the_board(tmp_path: Path) -> None:
    main = "import machine, utime\nif machine.reset_cause() == 1:\n    machine.WDT(timeout=60_000)\n    utime.sleep(1000)"
    with board_with(tmp_path, main, rate=200) as board:
        board.start()
        board.wait_for_boots(2, within_s=20)
        assert board.boots[0] == (1, "wdt")


def test_the_watchdog_goes_on_over_a_soft_reset(tmp_path: Path) -> None:
    main = """
        import machine, time
        if machine.reset_cause() == machine.PWRON_RESET:
            machine.WDT(timeout=500)
            machine.soft_reset()
        if machine.reset_cause() == machine.SOFT_RESET:
            time.sleep(1000)
        """
    with board_with(tmp_path, main) as board:
        board.start()
        board.wait_for_boots(3)
        assert board.boots == [(1, "soft_reset"), (5, "wdt"), (3, None)]


def test_the_rtc_and_its_memory_outlive_a_reset_and_not_a_power_cut(tmp_path: Path) -> None:
    main = """
        import machine, time
        rtc = machine.RTC()
        print("rtc", rtc.datetime()[:3], rtc.memory(), time.localtime()[0])
        if machine.reset_cause() == machine.PWRON_RESET:
            rtc.datetime((2026, 11, 23, 0, 12, 34, 56, 0))
            rtc.memory(b"crash")
            machine.reset()
        print("rtc end")
        """
    with board_with(tmp_path, main) as board:
        board.start()
        board.wait_for_console("rtc end")
        board.cut_power()
        board.power_on()
        board.wait_for_console("rtc end", count=2)
        lines = re.findall(r"rtc \(.*", board.console())
    assert lines == ["rtc (2000, 1, 1) b'' 2000", "rtc (2026, 11, 23) b'crash' 2026"] * 2


def test_the_weekday_is_counted_from_monday(tmp_path: Path) -> None:
    main = "import machine\nrtc = machine.RTC()\nrtc.datetime((2026, 11, 23, 0, 1, 2, 3, 0))\nprint(rtc.datetime()[:7])"
    with board_with(tmp_path, main) as board:
        board.start()
        board.wait_for_console("(2026, 11, 23, 0, 1, 2, 3)")
