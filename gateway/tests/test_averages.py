"""Readings to rows, as a node's sampler does it; and periods that end on whole multiples."""

import pytest

from contract import quality as q
from contract.quantities import ID
from contract.site.shapes import channel_fault
from gateway.sources.averages import Averages
from gateway.sources.period import ReportPeriod

T = ID["temperature"]

# name, readings (value, quality), row behind slot and quantity
CASES: dict[str, tuple[list[tuple[int, int]], list[int]]] = {
    "nothing came": ([], [q.NOT_MEASURED, 0]),
    "a half is rounded up": ([(1, q.OK), (2, q.OK)], [q.OK, 2, 2, 1, 2]),
    "a negative half is rounded up": ([(-1, q.OK), (-2, q.OK)], [q.OK, 2, -1, -2, -1]),
    "what may not be used enters no mean": ([(10, q.OK), (90, q.OUT_OF_RANGE), (20, q.OK)], [q.OK, 2, 15, 10, 20]),
    "only doubtful values": ([(90, q.OUT_OF_RANGE), (10, q.SATURATED)], [q.OUT_OF_RANGE, 2, 50, 10, 90]),
    "the worst reason is told": ([(0, q.NO_REPLY), (0, q.EXCEPTION), (0, q.QUARANTINED)], [q.EXCEPTION, 0]),
    "a value beats reasons": ([(0, q.NO_REPLY), (7, q.OK)], [q.OK, 1, 7, 7, 7]),
}


@pytest.mark.parametrize(("readings", "row"), CASES.values(), ids=CASES)
def test_a_period_becomes_one_row(readings: list[tuple[int, int]], row: list[int]) -> None:
    averages = Averages([(3, T)], {})
    for value, quality in readings:
        averages.add(3, T, value, quality)
    (made,) = averages.close(10_000)
    assert made == [3, T, *row] and channel_fault(made) is None
    assert averages.close(10_000) == [[3, T, q.NOT_MEASURED, 0]], "a new period has begun"


@pytest.mark.parametrize(("n", "quality"), [(4, q.FEW_SAMPLES), (5, q.OK)])
def test_fewer_than_half_of_the_pace_are_few(n: int, quality: int) -> None:
    averages = Averages([(0, T)], {0: 1000})
    for _ in range(n):
        averages.add(0, T, 5, q.OK)
    assert averages.close(10_000)[0][2] == quality


def test_a_miss_is_of_every_channel_of_its_slot_only() -> None:
    averages = Averages([(0, T), (0, ID["humidity"]), (1, T)], {})
    averages.miss(0, q.NO_REPLY)
    assert [row[2] for row in averages.close(1000)] == [q.NO_REPLY, q.NO_REPLY, q.NOT_MEASURED]


def test_periods_end_on_whole_multiples_and_a_clock_that_jumps_lengthens_none() -> None:
    period = ReportPeriod(60_000)
    period.begin(utc_ms=1_000_030_000, steady_ms=500)
    assert period.left_ms(500) == 50_000  # to 1_000_080_000
    assert period.close(1_000_080_000, 50_500) == (1_000_030_000, 50_000)
    assert period.left_ms(50_500) == 60_000
    jumped_ms = 1_000_080_000 + 60_000 + 86_400_000 + 10
    assert period.close(jumped_ms, 110_500) == (jumped_ms - 60_000, 60_000)
    assert period.left_ms(110_500) == 59_990
