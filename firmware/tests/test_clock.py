from node.clock import DRIFT_PPM, Clock, Uptime

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
