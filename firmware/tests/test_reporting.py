import random

from node.reporting import Reporting


class Measured:
    """Counts what was added since the last close: a row says how many."""

    def __init__(self):
        self.added = 0
        self.slot = 0

    def close_period(self) -> list:
        rows, self.added = [[self.slot, 1, 0, self.added]], 0
        return rows

    def not_measured(self) -> list:
        return [[self.slot, 1, 17, 0]]


class Recorded:
    def __init__(self):
        self.reports = []
        self.events = []

    def event(self, key: str, particulars: dict, now: int) -> None:
        self.events.append((now, key, particulars))

    def report(self, start: int, duration: int, rows: list) -> None:
        self.reports.append((start, duration, rows))


def test_a_period_is_reported_when_it_is_over():
    measured, recorded = Measured(), Recorded()
    reporting = Reporting(measured, recorded, 1000, 0)
    measured.added = 3
    assert not reporting.close(999)
    assert reporting.close(1000)
    assert recorded.reports == [(0, 1000, [[0, 1, 0, 3]])]


def test_a_late_loop_reports_every_period_and_says_that_nobody_measured():
    measured, recorded = Measured(), Recorded()
    reporting = Reporting(measured, recorded, 1000, 0)
    measured.added = 3
    reporting.close(3100)
    assert recorded.reports == [(0, 1000, [[0, 1, 0, 3]]), (1000, 1000, [[0, 1, 17, 0]]), (2000, 1000, [[0, 1, 17, 0]])]


def test_other_settings_end_the_period_with_the_rows_of_the_old_ones():
    measured, recorded = Measured(), Recorded()
    reporting = Reporting(measured, recorded, 1000, 0)
    measured.added = 2
    reporting.cut(2000, 1300)
    measured.slot = 5
    reporting.close(2000)
    assert recorded.reports == [(0, 1000, [[0, 1, 0, 2]]), (1000, 300, [[0, 1, 0, 0]]), (1300, 700, [[5, 1, 0, 0]])]


def faster_event(now: int, period_ms: int, duration_ms: int, request: int = 1) -> tuple:
    return now, "faster", {"k": request, "period_ms": period_ms, "duration_ms": duration_ms}


def durations(recorded: Recorded) -> list:
    return [(start, duration) for start, duration, _ in recorded.reports]


def test_faster_periods_end_by_themselves_and_both_ends_are_told():
    recorded = Recorded()
    reporting = Reporting(Measured(), recorded, 10000, 0)
    reporting.faster(1, 1000, 2500, 4300)
    for now in range(4300, 20001, 50):
        reporting.close(now)
    expected = [(0, 4300), (4300, 700), (5000, 1000), (6000, 800), (6800, 3200), (10000, 10000)]
    assert durations(recorded) == expected
    assert recorded.events == [faster_event(4300, 1000, 2500), faster_event(6800, 10000, 0)]


def test_a_loop_that_comes_late_still_ends_the_faster_periods_in_time():
    measured, recorded = Measured(), Recorded()
    reporting = Reporting(measured, recorded, 10000, 0)
    reporting.faster(1, 1000, 2500, 0)
    measured.added = 9
    assert reporting.next_due() == 1000
    reporting.close(31000)
    assert durations(recorded) == [(0, 1000), (1000, 1000), (2000, 500), (2500, 7500), (10000, 10000), (20000, 10000)]
    assert [rows[0][3] for _, _, rows in recorded.reports] == [9, 0, 0, 0, 0, 0]
    assert recorded.events[-1] == faster_event(2500, 10000, 0)


def test_the_end_of_the_faster_periods_is_due_even_within_a_period():
    reporting = Reporting(Measured(), Recorded(), 10000, 0)
    reporting.faster(1, 8000, 2500, 0)
    assert reporting.next_due() == 2500


def test_a_request_for_longer_periods_than_the_settings_have_slows_nothing():
    recorded = Recorded()
    reporting = Reporting(Measured(), recorded, 1000, 0)
    reporting.faster(1, 5000, 3000, 0)
    reporting.close(2000)
    assert durations(recorded) == [(0, 1000), (1000, 1000)]
    assert recorded.events == [faster_event(0, 1000, 3000)]


def test_new_settings_during_an_episode_wait_for_its_end():
    recorded = Recorded()
    reporting = Reporting(Measured(), recorded, 10000, 0)
    reporting.faster(1, 1000, 3000, 0)
    reporting.cut(20000, 1500)
    reporting.close(20000)
    assert durations(recorded) == [(0, 1000), (1000, 500), (1500, 500), (2000, 1000), (3000, 17000)]


def test_a_second_request_takes_the_place_of_the_first():
    recorded = Recorded()
    reporting = Reporting(Measured(), recorded, 10000, 0)
    reporting.faster(1, 1000, 60000, 0)
    reporting.faster(2, 2000, 4000, 2000)
    reporting.close(20000)
    assert durations(recorded) == [(0, 1000), (1000, 1000), (2000, 2000), (4000, 2000), (6000, 4000), (10000, 10000)]
    assert recorded.events[1:] == [faster_event(2000, 2000, 4000, 2), faster_event(6000, 10000, 0, 2)]


def test_reports_tile_the_time_however_the_loop_runs_and_settings_change():
    for seed in range(200):
        random.seed(seed)
        recorded = Recorded()
        now = random.randrange(5000)
        reporting = Reporting(Measured(), recorded, 1000, now)
        expected = now
        for _ in range(50):
            now += random.choice((0, 1, 7, 250, 999, 1000, 1001, 8000))
            turn = random.randrange(6)
            if turn == 0:
                reporting.faster(1, random.choice((1000, 2000)), random.choice((1, 900, 5000, 30000)), now)
            elif turn < 5:
                reporting.close(now)
            else:
                reporting.cut(random.choice((1000, 1500, 7000)), now)
        for start, duration, _ in recorded.reports:
            assert start == expected and duration > 0, seed
            expected += duration
        assert expected <= now and reporting.next_due() > now - 8000, seed
