# The table is (ms since the start, what is to be done); a part is awake first.

from node.duty import SLEEP, WAKE, Duty


def actions(duty: Duty, start: int, end: int, pace: int) -> list:
    found = []
    for now in range(start, end, pace):
        action = duty.next_action(now)
        if action is not None:
            found.append((now - start, action))
    return found


def test_a_part_is_woken_its_warm_up_before_the_window():
    # 30 s of warm-up, 60 s of measuring, every 300 s: the windows begin at 30, 330, 630 s.
    duty = Duty(60000, 300000, 30000, 7)
    expected = [(90000, SLEEP), (300000, WAKE), (390000, SLEEP), (600000, WAKE), (690000, SLEEP)]
    assert actions(duty, 7, 700007, 500) == expected


def test_without_a_duty_cycle_a_part_is_always_on():
    for on_ms, period_ms in ((0, 0), (0, 300000), (60000, 0)):
        assert actions(Duty(on_ms, period_ms, 30000, 0), 0, 1000000, 500) == []


def test_a_period_that_leaves_no_time_to_sleep_is_not_slept_in():
    assert actions(Duty(60000, 90000, 30000, 0), 0, 1000000, 500) == []
    assert actions(Duty(60000, 91000, 30000, 0), 0, 91500, 500) == [(90000, SLEEP), (91000, WAKE)]


def test_a_part_without_warm_up_is_woken_at_its_window():
    assert actions(Duty(10000, 30000, 0, 0), 0, 45000, 500) == [(10000, SLEEP), (30000, WAKE), (40000, SLEEP)]


def test_a_loop_that_comes_late_shifts_no_later_window():
    duty = Duty(60000, 300000, 30000, 0)
    assert duty.next_action(299999) == SLEEP and duty.asleep
    assert duty.next_action(310000) == WAKE and not duty.asleep
    assert duty.next_action(389999) is None
    assert duty.next_action(390000) == SLEEP


def test_a_whole_sleep_that_was_overslept_needs_nothing():
    duty = Duty(60000, 300000, 30000, 0)
    assert duty.next_action(1) is None
    assert duty.next_action(300001) is None and not duty.asleep
