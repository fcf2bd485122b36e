from node.periods import Periods


def all_over(periods: Periods, now: int) -> list:
    found = []
    over = periods.next_over(now)
    while over is not None:
        found.append(over)
        over = periods.next_over(now)
    return found


def test_periods_end_on_multiples_of_their_length():
    periods = Periods(1000, 350)
    assert periods.next_due() == 1000
    assert all_over(periods, 999) == []
    assert all_over(periods, 1000) == [(350, 650)]
    assert all_over(periods, 2001) == [(1000, 1000)]
    assert periods.next_due() == 3000


def test_a_late_loop_gets_every_period_once():
    periods = Periods(1000, 0)
    assert all_over(periods, 3500) == [(0, 1000), (1000, 1000), (2000, 1000)]
    assert all_over(periods, 3500) == []


def test_a_change_of_length_leaves_no_gap_and_no_overlap():
    periods = Periods(1000, 0)
    assert periods.cut(700, 300) == (0, 300)
    assert all_over(periods, 1400) == [(300, 400), (700, 700)]


def test_a_change_at_the_very_start_of_a_period_makes_no_empty_one():
    periods = Periods(1000, 500)
    assert periods.cut(2000, 500) is None
    assert all_over(periods, 2000) == [(500, 1500)]
