import random

from contract.values import MAX_INT
from node.clock import DRIFT_PPM, LEAST_DRIFT_PPM, MOST_DRIFT_PPM, Clock, Uptime

TICKS_PERIOD = 1 << 30


def ticks_diff(end: int, start: int) -> int:
    half = TICKS_PERIOD // 2
    return (end - start + half) % TICKS_PERIOD - half


def test_uptime_grows_over_the_wrap_of_the_counter():
    ticks = [TICKS_PERIOD - 10]
    uptime = Uptime(lambda: ticks[0], ticks_diff)
    assert uptime() == 0
    for step in (5, 5, 5, 400000000, 400000000, 400000000):
        ticks[0] = (ticks[0] + step) % TICKS_PERIOD
        uptime()
    assert uptime() == 1200000015


def test_utc_is_unknown_before_the_first_answer():
    assert Clock().utc(1000) is None


def test_the_answer_lies_somewhere_between_question_and_arrival():
    clock = Clock()
    clock.synchronise(1000, 1301, 5000000, 20)
    utc, error = clock.utc(1301)
    earliest, latest = 5000000 - 20, 5000000 + 301 + 20
    assert utc - error <= earliest and latest <= utc + error


def test_the_bound_grows_with_the_crystal_both_ways():
    clock = Clock()
    clock.synchronise(1000000, 1000000, 9000000, 7)
    for away in (0, 1, 3600000):
        grown = (away * DRIFT_PPM + 999999) // 1000000
        assert clock.utc(1000000 + away) == (9000000 + away, 7 + grown)
        assert clock.utc(1000000 - away) == (9000000 - away, 7 + grown)


def test_a_worse_answer_that_agrees_changes_nothing():
    clock = Clock()
    clock.synchronise(0, 10, 1000, 5)
    clock.synchronise(20, 2020, 2000, 5)
    assert clock.utc(10) == (1005, 10)


def test_a_better_answer_counts():
    clock = Clock()
    clock.synchronise(0, 2000, 1000, 5)
    clock.synchronise(3000, 3010, 4000, 5)
    assert clock.utc(3010) == (4005, 10)


def test_an_answer_that_contradicts_counts_because_the_gateways_clock_was_set():
    clock = Clock()
    clock.synchronise(0, 10, 1000, 5)
    clock.synchronise(1000, 1200, 99999, 5)
    assert clock.utc(1200) == (99999 + 100, 105)


def test_ticks_that_start_just_before_two_to_the_thirty_date_an_hour_on():
    ticks = [TICKS_PERIOD - 1000]
    uptime = Uptime(lambda: ticks[0], ticks_diff)
    clock = Clock()
    clock.synchronise(uptime(), uptime(), 1700000000000, 5)
    ticks[0] = (ticks[0] + 3600000) % TICKS_PERIOD
    assert clock.utc(uptime()) == (1700000000000 + 3600000, 5 + 360)


def test_a_gateways_clock_that_jumps_backwards_is_followed_once_and_agrees_from_then_on():
    clock = Clock()
    clock.synchronise(0, 10, 1700000000000, 5)
    clock.synchronise(60000, 60010, 1600000000000, 5)
    clock.synchronise(120000, 122000, 1600000060995, 5)
    assert clock.utc(60010) == (1600000000005, 10)


def asked(clock: Clock, uptime: int, ppm: int, error: int = 2, offset: int = 1700000000000) -> None:
    """An answer in 4 ms to a node whose crystal is that much slow (or fast, when negative)."""
    clock.synchronise(uptime - 4, uptime, offset + uptime + uptime * ppm // 1000000 - 2, error)


def test_a_good_crystal_is_found_out_and_the_bound_grows_slower():
    clock = Clock()
    for hour in range(5):
        asked(clock, 10 + hour * 3600000, 5)
    assert clock.drift_ppm == LEAST_DRIFT_PPM
    before, after = clock.utc(4 * 3600000 + 10)[1], clock.utc(5 * 3600000 + 10)[1]
    assert after - before == 3600 * LEAST_DRIFT_PPM // 1000


def test_a_bad_crystal_is_found_out_and_the_bound_holds():
    for ppm in (300, -300, 60, -60):
        clock = Clock()
        for hour in range(5):
            asked(clock, 10 + hour * 3600000, ppm)
        assert abs(ppm) <= clock.drift_ppm <= abs(ppm) + 5, ppm
        later = 8 * 3600000
        utc, error = clock.utc(later)
        assert abs(utc - (1700000000000 + later + later * ppm // 1000000)) <= error, ppm


def test_answers_that_lie_near_each_other_say_nothing_of_the_crystal():
    clock = Clock()
    for second in range(500):
        asked(clock, 10 + 1000 * second, 5)
    assert clock.drift_ppm == DRIFT_PPM


def test_coarse_answers_are_measured_over_a_longer_time():
    clock = Clock()
    asked(clock, 10, 5, error=200)
    asked(clock, 700010, 5, error=200)
    assert clock.drift_ppm == DRIFT_PPM
    asked(clock, 86400010, 5, error=200)
    assert clock.drift_ppm == LEAST_DRIFT_PPM


def test_a_gateways_clock_that_was_set_says_nothing_of_the_crystal():
    clock = Clock()
    asked(clock, 10, 5)
    asked(clock, 3600010, 5)
    assert clock.drift_ppm == LEAST_DRIFT_PPM
    asked(clock, 7200010, 5, offset=1600000000000)
    assert clock.drift_ppm == DRIFT_PPM
    asked(clock, 10800010, 5, offset=1600000000000)
    assert clock.drift_ppm == LEAST_DRIFT_PPM


def test_garbage_never_makes_a_bound_that_is_not_sane():
    random.seed(7)
    clock = Clock()
    now = 0
    for _ in range(3000):
        now += random.choice((0, 1, 1000, 700000, 86400000))
        sent = now - random.choice((0, 1, 500, 60000))
        clock.synchronise(sent, now, random.choice((0, now, 1700000000000 + now, 9007199254740991)), random.choice((0, 1, 1000, 86400000)))
        assert LEAST_DRIFT_PPM <= clock.drift_ppm <= MOST_DRIFT_PPM + 2 * DRIFT_PPM
        known = clock.utc(now)
        assert known is None or (known[0] <= MAX_INT and 0 <= known[1] <= MAX_INT)


def test_a_gateway_whose_clock_begins_in_1970_dates_nothing_before_it():
    clock = Clock()
    clock.synchronise(600000, 600000, 1000, 5)
    assert clock.utc(598000) is None
    assert clock.utc(600000) == (1000, 5)


def test_utc_is_unknown_where_no_message_could_say_it_and_known_again_after_a_good_answer():
    for utc_ms, error_ms in ((MAX_INT + 1, 5), (MAX_INT - 5, 5), (-20, 5), (5000, MAX_INT + 1)):
        clock = Clock()
        clock.synchronise(0, 0, utc_ms, error_ms)
        assert clock.utc(10) is None, (utc_ms, error_ms)
        clock.synchronise(20, 20, 1700000000000, 5)
        assert clock.utc(20) == (1700000000000, 5)
