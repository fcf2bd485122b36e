# What is said to an SPS30: a part that loses its power, is left by another host, is older, is cleaned, sleeps.

from contract import quality as q
from firmware.tests.sps30_bench import LATCH_MS, WARM_MS, Bench, mass
from node.drivers.shdlc import request


def test_the_first_words_are_wake_version_serial_and_start_then_a_read_each_second() -> None:
    bench = Bench()
    bench.until(10500)
    assert bench.commands()[:6] == [0x11, 0xD1, 0xD0, 0x80, 0x80, 0x00]
    assert bench.commands().count(0x03) in (9, 10)
    assert bench.line.heard[0][1] == b"\xff" + request(0x11)
    assert bench.driver.identity() == [[3, "sps30", "8F3C21AA0B"]]


def test_after_start_the_readings_are_warming_up() -> None:
    assert mass(Bench().until(20000))[0] == q.WARMING_UP


def test_a_part_that_is_awake_and_measures_already_is_taken_as_it_is_defect_5() -> None:
    bench = Bench()
    bench.part.asleep, bench.part.measuring = False, True
    assert mass(bench.warm().until(WARM_MS + 3000))[0] == q.OK
    assert bench.driver.counters["refused"] == 0 and bench.driver.counters["restarts"] == 0


def test_a_part_that_lost_its_power_is_started_again_and_warms_up() -> None:
    bench = Bench().warm()
    bench.part.lose_power()
    rows = bench.until(WARM_MS + 10000)
    assert mass(rows)[0] == q.WARMING_UP
    assert bench.driver.counters["restarts"] == 1
    assert mass(bench.until(2 * WARM_MS + 12000))[0] in (q.OK, q.WARMING_UP)
    assert mass(bench.until(2 * WARM_MS + 15000))[0] == q.OK


def test_silence_is_no_reply_and_the_part_is_sought_from_the_beginning() -> None:
    bench = Bench().warm()
    bench.part.dead = True
    bench.until(WARM_MS + 6000)
    assert mass(bench.until(WARM_MS + 10000)) == [q.NO_REPLY, 0]
    bench.part.dead = False
    bench.part.lose_power()
    bench.until(WARM_MS + 50000)
    assert mass(bench.until(WARM_MS + 55000))[0] == q.OK


def test_before_the_first_reading_the_reason_is_the_warm_up() -> None:
    assert mass(Bench().until(500)) == [q.WARMING_UP, 0]


def test_a_part_that_was_found_measuring_again_after_a_silence_does_not_warm_up() -> None:
    bench = Bench().warm()
    bench.part.dead = True
    bench.until(WARM_MS + 20000)
    bench.part.dead = False
    bench.until(WARM_MS + 25000)
    assert mass(bench.until(WARM_MS + 28000))[0] == q.OK


def test_a_part_that_another_host_left_answering_in_integers_is_started_in_floats() -> None:
    bench = Bench()
    bench.part.asleep, bench.part.measuring, bench.part.integers = False, True, True
    assert mass(bench.warm().until(WARM_MS + 5000))[::2] == [q.OK, 1250, 1250]
    assert bench.driver.counters["restarts"] == 1


def test_what_an_older_part_does_not_know_is_passed_over() -> None:
    bench = Bench(clean_every_h=1)
    bench.part.knows_not = (0xD0, 0xD1, 0xD2, 0x80, 0x56)
    assert mass(bench.warm().until(WARM_MS + 5000))[:3] == [q.OK, 5, 1250]
    assert mass(bench.until(3700000))[0] == q.OK
    assert bench.commands().count(0x00) == 1


def test_a_fan_that_stands_still_for_good_is_an_error_as_long_as_it_stands() -> None:
    for period_ms in (1000, 3000, 10000):
        bench = Bench().warm()
        bench.part.stands = True
        bench.until(WARM_MS + LATCH_MS + 2000)
        for at in range(WARM_MS + LATCH_MS + 2000, WARM_MS + 600000, period_ms):
            row = mass(bench.until(at + period_ms))
            assert row[:1] + row[2:] == [q.SENSOR_ERROR, 0, 0, 0], (period_ms, at, row)
            assert bench.driver.health()[0][1]["fan"] == 1, (period_ms, at)


def test_a_fan_that_stood_still_once_is_cleared_and_told_until_it_is_known_to_turn() -> None:
    bench = Bench().warm()
    bench.part.stands = True
    bench.until(WARM_MS + 200000)
    bench.part.stands = False
    bench.until(WARM_MS + 205000)
    assert bench.part.status == 1 << 4  # latched
    bench.until(WARM_MS + 340000)
    assert bench.driver.health()[0][1]["fan"] == 0 and mass(bench.until(WARM_MS + 350000))[0] == q.OK


def test_a_status_asked_right_after_the_clearing_is_no_evidence() -> None:
    bench = Bench().warm()
    bench.part.status = 1 << 4  # stood still once, before
    seen = []
    for at in range(WARM_MS, WARM_MS + 90000, 500):
        bench.until(at + 500)
        seen.append((bench.driver.health()[0][1]["fan"], bench.part.status))
    cleared = [at for at in range(1, len(seen)) if seen[at - 1][1] and not seen[at][1]]
    assert len(cleared) == 1
    good_for = [fan for fan, _ in seen[cleared[0] :]].index(0) * 500
    assert LATCH_MS < good_for <= 10000


def test_a_fan_speed_out_of_range_is_over_when_the_replies_say_so() -> None:
    bench = Bench().warm()
    bench.part.fast = True
    bench.until(WARM_MS + 6000)
    assert bench.driver.health()[0][1]["fan_speed"] == 1 and mass(bench.until(WARM_MS + 9000))[0] == q.SENSOR_ERROR
    bench.part.fast = False
    bench.until(WARM_MS + 11000)
    assert bench.driver.health()[0][1]["fan_speed"] == 0 and mass(bench.until(WARM_MS + 15000))[0] == q.OK


def test_cleaning_is_flagged_and_comes_an_hour_after_power_on_and_every_so_many_hours() -> None:
    bench = Bench(clean_every_h=1)
    bench.until(3599000)
    assert 0x56 not in bench.commands()
    assert mass(bench.until(3608000))[0] in (q.OK, q.CLEANING)
    assert mass(bench.until(3611000))[0] == q.CLEANING
    bench.until(3620000)
    assert mass(bench.until(3625000))[0] == q.OK
    bench.until(2 * 3600000 + 5000)
    assert bench.commands().count(0x56) == 2 == bench.driver.counters["cleanings"]


def test_a_cleaning_that_was_lost_is_asked_again_within_the_hour() -> None:
    bench = Bench(clean_every_h=168)
    bench.part.knows_not = (0x56,)
    bench.until(3700000)
    bench.part.knows_not = ()
    bench.until(2 * 3600000 + 5000)
    assert bench.driver.counters["cleanings"] == 1


def test_no_cleaning_goes_unflagged_for_the_parts_own_timer_is_off_and_written_once() -> None:
    bench = Bench()
    bench.until(5000)
    assert bench.part.interval == 0 and bench.commands().count(0x80) == 2
    bench.driver.sleep()
    bench.until(8000)
    bench.driver.wake()
    bench.until(12000)
    assert bench.commands().count(0x80) == 3  # read again, and found switched off


def test_cleaning_can_be_switched_off() -> None:
    bench = Bench(clean_every_h=0)
    bench.until(2 * 3600000)
    assert 0x56 not in bench.commands()


def test_sleep_stops_and_sleeps_and_wake_starts_again() -> None:
    bench = Bench().warm()
    bench.driver.sleep()
    bench.until(WARM_MS + 500)
    assert bench.part.asleep and bench.commands(WARM_MS - 200)[-2:] == [0x01, 0x10]
    assert mass(bench.until(WARM_MS + 60000)) == [q.ASLEEP, 0]
    bench.driver.wake()
    assert mass(bench.until(WARM_MS + 70000))[0] == q.WARMING_UP
    bench.until(WARM_MS + 100000)
    assert mass(bench.until(WARM_MS + 105000))[0] == q.OK


def test_a_sleep_that_comes_while_a_reading_is_awaited_stops_the_part_first() -> None:
    bench = Bench().warm()
    asked = None
    while asked is None:
        bench.line.now += 10
        asked = bench.driver._dialogue.next_action(bench.line.now)
    bench.part.handle(asked, bench.line.now)
    bench.driver.sleep()
    bench.until(WARM_MS + 3000)
    assert bench.part.asleep and bench.commands()[-2:] == [0x01, 0x10]


def test_a_sleep_that_was_not_heard_is_told_again() -> None:
    bench = Bench().warm()
    bench.part.dead = True
    bench.driver.sleep()
    bench.until(WARM_MS + 3000)
    bench.part.dead = False
    bench.until(WARM_MS + 70000)
    assert bench.part.asleep and not bench.part.measuring
    bench.until(WARM_MS + 400000)
    assert bench.commands(WARM_MS + 70000) == []
