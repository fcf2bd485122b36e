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


def test_reports_tile_the_time_however_the_loop_runs_and_settings_change():
    for seed in range(200):
        random.seed(seed)
        recorded = Recorded()
        now = random.randrange(5000)
        reporting = Reporting(Measured(), recorded, 1000, now)
        expected = now
        for _ in range(50):
            now += random.choice((0, 1, 7, 250, 999, 1000, 1001, 8000))
            if random.randrange(5):
                reporting.close(now)
            else:
                reporting.cut(random.choice((1000, 1500, 7000)), now)
        for start, duration, _ in recorded.reports:
            assert start == expected and duration > 0, seed
            expected += duration
        assert expected <= now and reporting.next_due() > now - 8000, seed
