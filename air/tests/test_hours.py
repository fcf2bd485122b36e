"""Hours of periods, and days of hours."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from air.statistics.hours import HOUR_MS, Aggregate, DatedPeriod, day_of, hours_of, hours_touched, joined
from air.statistics.periods import PeriodStatistics, Summary, bucket
from contract import quality

MINUTE_MS = 60_000


def _row(minute: float, minutes: float = 1, mean: int | None = 10, code: int = quality.OK, n: int = 6, origin: int = 1) -> DatedPeriod:
    """mean: None for no number."""
    summary = None if mean is None else Summary(n, mean, mean - 1, mean + 1)
    return DatedPeriod(PeriodStatistics(int(minute * MINUTE_MS), int(minutes * MINUTE_MS), code, summary), 20, origin)


def _hour(mean: int, minutes: int = 60, code: int = quality.OK) -> Aggregate:
    time_ms = minutes * MINUTE_MS
    return Aggregate(code, Summary(60, mean, mean - 1, mean + 1), time_ms, {code: time_ms}, 20, 1)


def _silent(minutes: int, code: int) -> Aggregate:
    return Aggregate(code, None, 0, {code: minutes * MINUTE_MS}, 5, 2)


def _one(rows: list[DatedPeriod], start_ms: int = 0) -> Aggregate:
    return hours_of(rows, [start_ms])[start_ms]


def test_an_hour_pools_the_readings_of_its_periods() -> None:
    found = _one([_row(minute, mean=minute) for minute in range(60)])
    assert (found.quality, found.summary, found.usable_ms) == (quality.OK, Summary(360, 30, -1, 60), HOUR_MS)
    assert (dict(found.covered), found.error_ms, found.origins) == ({quality.OK: HOUR_MS}, 20, 1)


def test_a_period_belongs_to_the_hour_of_its_middle_and_its_time_to_those_that_it_touches() -> None:
    found = hours_of([_row(59.25)], [0, HOUR_MS])
    assert (found[0].summary, found[0].usable_ms) == (Summary(6, 10, 9, 11), 45_000)
    after = found[HOUR_MS]
    assert (after.quality, after.summary, after.usable_ms, after.origins) == (quality.NOT_MEASURED, None, 15_000, 0)


@pytest.mark.parametrize(("minutes", "expected"), [(44, quality.FEW_SAMPLES), (45, quality.OK)])
def test_an_hour_is_valid_from_45_minutes_on(minutes: int, expected: int) -> None:
    assert _one([_row(minute) for minute in range(minutes)]).quality == expected


def test_without_a_usable_value_the_quality_that_lasted_longest_says_why() -> None:
    rows = [
        *(_row(minute, mean=None, code=quality.NO_REPLY) for minute in range(40)),
        *(_row(40 + m, code=quality.STUCK) for m in range(20)),
    ]
    found = _one(rows)
    assert (found.quality, found.summary, found.usable_ms) == (quality.NO_REPLY, None, 0)
    assert dict(found.covered) == {quality.NO_REPLY: 40 * MINUTE_MS, quality.STUCK: 20 * MINUTE_MS}


def test_time_that_two_periods_cover_counts_once() -> None:
    assert _one([_row(0, 30), _row(15, 30)]).usable_ms == 45 * MINUTE_MS


def test_a_summary_of_a_day_stands_for_each_hour_that_it_covers() -> None:
    found = hours_of([_row(30, 120, n=240)], [0, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS])
    assert {start_ms // HOUR_MS: (one.summary and one.summary.n, one.usable_ms // MINUTE_MS) for start_ms, one in found.items()} == {
        0: (60, 30), 1: (120, 60), 2: (60, 30),
    }  # fmt: skip
    assert found[HOUR_MS].summary == Summary(120, 10, 9, 11)


def test_hours_that_nothing_touches_are_absent() -> None:
    assert hours_of([_row(0)], [HOUR_MS]) == {}
    assert list(hours_touched(HOUR_MS - 1, 1)) == [0]
    assert list(hours_touched(HOUR_MS, 0)) == [HOUR_MS]


# name: (hours, (quality, mean, n))
DAYS: dict[str, tuple[list[Aggregate], tuple[int, int | None, int]]] = {
    "20_valid_hours": ([_hour(10)] * 19 + [_hour(30)], (quality.OK, 11, 1200)),
    "19_valid_hours": ([_hour(10)] * 19, (quality.FEW_SAMPLES, 10, 1140)),
    "an_invalid_hour_does_not_count": ([_hour(10)] * 20 + [_hour(900, 44, quality.FEW_SAMPLES)], (quality.OK, 10, 1200)),
    "an_hour_of_few_samples_that_was_sampled_long_enough_counts": (
        [_hour(10)] * 19 + [_hour(30, 50, quality.FEW_SAMPLES)], (quality.OK, 11, 1200),
    ),
    "no_valid_hour": ([_hour(10, 20, quality.FEW_SAMPLES), _hour(20, 20, quality.FEW_SAMPLES)], (quality.FEW_SAMPLES, 15, 120)),
    "a_silent_sensor": ([_silent(60, quality.NO_REPLY), _silent(20, quality.STUCK)], (quality.NO_REPLY, None, 0)),
    "values_and_silence": ([_hour(10)] * 20 + [_silent(60, quality.NO_REPLY)], (quality.OK, 10, 1200)),
}  # fmt: skip


@pytest.mark.parametrize(("hours", "expected"), DAYS.values(), ids=DAYS.keys())
def test_a_day_is_the_mean_of_its_valid_hours(hours: list[Aggregate], expected: tuple[int, int | None, int]) -> None:
    day = day_of(hours)
    assert day is not None
    summary = day.summary
    assert (day.quality, summary and summary.mean, summary.n if summary else 0) == expected
    assert day.usable_ms == sum(hour.usable_ms for hour in hours)


def test_an_hour_in_which_more_was_read_counts_no_more_in_the_day() -> None:
    busy = Aggregate(quality.OK, Summary(3600, 30, 29, 31), HOUR_MS, {quality.OK: HOUR_MS}, 20, 1)
    day = day_of([_hour(10)] * 23 + [busy])
    assert day and day.summary and day.summary.mean == round((23 * 10 + 30) / 24)


def test_without_hours_there_is_no_bin() -> None:
    assert (day_of([]), joined([], HOUR_MS)) == (None, None)


_ROWS = st.lists(
    st.builds(
        _row, st.integers(-90, 200), st.integers(1, 60), st.one_of(st.none(), st.integers(-50, 50)), st.just(quality.NO_REPLY),
        st.integers(1, 9), st.sampled_from([1, 2, 4]),
    )
    | st.builds(_row, st.integers(-90, 200), st.integers(1, 60), st.integers(-50, 50), st.sampled_from([quality.OK, quality.FEW_SAMPLES])),
    max_size=12,
)  # fmt: skip


@given(_ROWS, st.randoms(use_true_random=False))
def test_hours_are_those_of_buckets_in_any_order(rows: list[DatedPeriod], random: Random) -> None:
    starts = [hour * HOUR_MS for hour in range(4)]
    found = hours_of(rows, starts)
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert hours_of(shuffled, starts) == found
    for part in bucket([row.period for row in rows], 0, 4 * HOUR_MS, HOUR_MS):
        hour = found.get(part.start_ms)
        expected: Any = (part.quality, part.usable, part.completeness)
        if hour is None:
            assert expected == (quality.NOT_MEASURED, None, 0)
        else:
            assert (hour.quality, hour.summary if hour.is_usable else None, hour.usable_ms / HOUR_MS) == expected


@given(_ROWS)
def test_a_bin_of_hours_is_the_bucket_of_its_periods_within_a_step_a_stage(rows: list[DatedPeriod]) -> None:
    length_ms = 4 * HOUR_MS
    one = joined(list(hours_of(rows, range(0, length_ms, HOUR_MS)).values()), length_ms)
    (part,) = bucket([row.period for row in rows], 0, length_ms, length_ms)
    if part.usable is None:
        assert one is None or not one.is_usable
        return
    assert one is not None and one.summary is not None
    assert (one.quality, one.summary.n, one.summary.minimum, one.summary.maximum) == (
        part.quality, part.usable.n, part.usable.minimum, part.usable.maximum,
    )  # fmt: skip
    assert abs(one.summary.mean - part.usable.mean) <= 2 and abs(one.usable_ms / length_ms - part.completeness) < 1e-9
