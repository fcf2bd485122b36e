import os

from firmware.tests.scratch import new_folder
from node import crash_note
from node.safe_mode import SafeMode
from node.stored_pair import StoredPair

MINUTE = 60000


def boot(path: str, crashed: bool, now: int = 0) -> SafeMode:
    return SafeMode(StoredPair(path), crashed, now)


def crash(path: str, times: int) -> SafeMode:
    for _ in range(times):
        safe = boot(path, True)
    return safe


def test_the_fourth_crash_in_a_row_turns_the_drivers_off():
    path = new_folder() + "/crashes"
    assert [crash(path, 1).active for _ in range(5)] == [False, False, False, True, True]
    assert boot(path, False).counters == {"crashes": 5, "in_a_row": 5, "safe_mode": 1}


def test_other_boots_neither_count_nor_write():
    folder = new_folder()
    for _ in range(20):
        safe = boot(folder + "/crashes", False)
        assert not safe.next_action(11 * MINUTE)
    assert not safe.active
    assert os.listdir(folder) == []


def test_ten_minutes_of_running_break_the_row_but_not_the_sum():
    path = new_folder() + "/crashes"
    safe = crash(path, 3)
    assert not safe.next_action(10 * MINUTE - 1)
    assert boot(path, False).boots == 3
    safe = boot(path, False)
    assert not safe.next_action(10 * MINUTE)
    safe = crash(path, 3)
    assert not safe.active
    assert safe.counters["crashes"] == 6


def test_time_in_safe_mode_is_no_running():
    path = new_folder() + "/crashes"
    safe = crash(path, 4)
    for minute in range(60):
        assert not safe.next_action(minute * MINUTE)
    assert boot(path, False).active


def test_after_an_hour_it_tries_again_and_one_more_crash_brings_it_back():
    path = new_folder() + "/crashes"
    safe = crash(path, 4)
    assert safe.next_action(60 * MINUTE)
    assert not safe.active
    assert not safe.next_action(61 * MINUTE)
    assert crash(path, 1).active


def test_after_a_try_that_lasts_the_row_is_forgotten():
    path = new_folder() + "/crashes"
    safe = crash(path, 4)
    assert safe.next_action(60 * MINUTE)
    assert not safe.next_action(70 * MINUTE)
    assert not crash(path, 3).active


def test_new_settings_end_it_with_a_clean_row():
    path = new_folder() + "/crashes"
    assert crash(path, 4).new_settings(MINUTE)
    assert not crash(path, 3).active
    assert not boot(path, False).new_settings(MINUTE)
    assert boot(path, False).boots == 3


def test_a_damaged_note_counts_as_none_and_a_flash_that_refuses_stops_nothing():
    path = new_folder() + "/crashes"
    crash(path, 2)
    pair = StoredPair(path)
    pair.read()
    pair.write(99, b"nonsense")
    assert crash(path, 1).boots == 1

    class Refusing:
        def read(self):
            return None

        def write(self, number, content):
            raise OSError(28)

    assert SafeMode(Refusing(), True, 0).boots == 1


def test_a_crash_note_counts_once_however_often_the_node_starts_before_it_is_told():
    path = crash_note.PATH
    crash_note.PATH = new_folder() + "/crash.txt"
    try:
        assert not crash_note.take_new()
        crash_note.write("trace\n")
        assert [crash_note.take_new() for _ in range(3)] == [True, False, False]
        assert crash_note.read() == "trace\n"
        crash_note.write("trace\n")
        assert crash_note.take_new()
    finally:
        crash_note.PATH = path
