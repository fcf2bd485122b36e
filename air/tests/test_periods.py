"""Period statistics joined: by hand-made cases."""

import pytest

from air.errors import BucketLimitError
from air.statistics.periods import MAX_BUCKETS, Bucket, PeriodStatistics, Summary, Unusable, bucket, merge
from contract.quality import FEW_SAMPLES, NO_REPLY, NOT_MEASURED, OK, STUCK, WARMING_UP


def _row(
    start_ms: int, code: int = OK, n: int = 0, mean: int = 0, least: int = 0, greatest: int = 0, duration_ms: int = 10
) -> PeriodStatistics:
    return PeriodStatistics(start_ms, duration_ms, code, Summary(n, mean, least, greatest) if n else None)


def test_a_channel_of_a_report_is_taken_as_it_stands() -> None:
    assert PeriodStatistics.of_channel(5, 10, [0, 6, OK, 3, 20, 10, 30]) == _row(5, OK, 3, 20, 10, 30)
    assert PeriodStatistics.of_channel(5, 10, [0, 6, NO_REPLY, 0]) == _row(5, NO_REPLY)


def test_means_are_weighted_by_the_number_of_readings() -> None:
    merged = merge([_row(0, OK, 1, 100, 100, 100), _row(10, OK, 3, 200, 150, 260)])
    assert merged == PeriodStatistics(0, 20, OK, Summary(4, 175, 100, 260))


@pytest.mark.parametrize(
    ("means", "expected"),
    [((1, 2), 2), ((1, 2, 2, 1), 2), ((1, 1, 2), 1), ((-1, -2), -1), ((-1, -2, -2), -2), ((0, -1), 0), ((10**15, 10**15 + 1), 10**15 + 1)],
)
def test_a_mean_is_rounded_half_up(means: tuple[int, ...], expected: int) -> None:
    summary = merge([_row(10 * i, OK, 1, mean, mean, mean) for i, mean in enumerate(means)]).summary
    assert summary is not None and summary.mean == expected


@pytest.mark.parametrize(
    ("rows", "code", "n"),
    [
        ([_row(0, OK, 2, 5, 5, 5), _row(10, STUCK, 9, 7, 7, 7)], OK, 2),
        ([_row(0, OK, 2, 5, 5, 5), _row(10, FEW_SAMPLES, 1, 7, 7, 7)], FEW_SAMPLES, 3),
        ([_row(0, STUCK, 2, 5, 5, 5), _row(10, NO_REPLY), _row(20, NO_REPLY)], NO_REPLY, 0),
        ([_row(0, STUCK, 2, 5, 5, 5, duration_ms=30), _row(30, NO_REPLY), _row(40, STUCK, 1, 5, 5, 5)], STUCK, 3),
        ([_row(0, WARMING_UP, 2, 5, 5, 5), _row(10, STUCK, 4, 5, 5, 5)], WARMING_UP, 2),
        ([_row(0, OK)], OK, 0),
    ],
    ids=[
        "usable hides unusable",
        "few samples are told",
        "longest reason wins",
        "readings of one reason only",
        "the lower code at a tie",
        "ok without a value",
    ],
)
def test_qualities_are_never_mixed(rows: list[PeriodStatistics], code: int, n: int) -> None:
    merged = merge(rows)
    assert merged.quality == code
    assert (merged.summary.n if merged.summary else 0) == n


def test_merged_time_reaches_from_the_first_to_the_last() -> None:
    merged = merge([_row(50, duration_ms=5), _row(10, duration_ms=100), _row(20)])
    assert (merged.start_ms, merged.duration_ms, merged.end_ms) == (10, 100, 110)


def test_nothing_cannot_be_merged() -> None:
    with pytest.raises(ValueError, match="nothing"):
        merge([])


def test_gaps_are_buckets_that_say_so() -> None:
    made = bucket([_row(0, OK, 1, 5, 5, 5), _row(20, OK, 1, 7, 7, 7)], 0, 40, 10)
    assert made == [
        Bucket(0, 10, OK, 1.0, Summary(1, 5, 5, 5), ()),
        Bucket(10, 10, NOT_MEASURED, 0.0, None, ()),
        Bucket(20, 10, OK, 1.0, Summary(1, 7, 7, 7), ()),
        Bucket(30, 10, NOT_MEASURED, 0.0, None, ()),
    ]


def test_usable_and_unusable_stay_apart() -> None:
    rows = [_row(0, OK, 4, 100, 90, 110, duration_ms=80), _row(80, STUCK, 9, 500, 500, 500), _row(90, NO_REPLY)]
    assert bucket(rows, 0, 100, 100) == [
        Bucket(0, 100, OK, 0.8, Summary(4, 100, 90, 110), (Unusable(NO_REPLY, 10, None), Unusable(STUCK, 10, Summary(9, 500, 500, 500))))
    ]


@pytest.mark.parametrize(("usable_ms", "code"), [(74, FEW_SAMPLES), (75, OK), (100, OK)])
def test_below_three_quarters_of_its_time_a_bucket_has_few_samples(usable_ms: int, code: int) -> None:
    (made,) = bucket([_row(0, OK, 1, 5, 5, 5, duration_ms=usable_ms)], 0, 100, 100)
    assert made.quality == code


def test_a_bucket_without_usable_time_names_the_longest_reason() -> None:
    rows = [_row(0, NO_REPLY, duration_ms=30), _row(30, STUCK, 5, 1, 1, 1, duration_ms=31)]
    (made,) = bucket(rows, 0, 100, 100)
    assert (made.quality, made.usable, made.completeness) == (STUCK, None, 0.0)
    assert [part.quality for part in made.unusable] == [STUCK, NO_REPLY]


def test_values_go_to_the_bucket_of_the_middle_and_time_to_every_bucket_touched() -> None:
    rows = [_row(7, OK, 1, 5, 5, 5, duration_ms=10)]  # 7 to 17: its middle is 12
    first, second = bucket(rows, 0, 20, 10)
    assert (first.usable, first.completeness, first.quality) == (None, 0.3, NOT_MEASURED)
    assert (second.usable, second.completeness, second.quality) == (Summary(1, 5, 5, 5), 0.7, FEW_SAMPLES)


def test_a_row_that_claims_to_be_usable_without_a_value_completes_nothing() -> None:
    (made,) = bucket([_row(0, OK), _row(10, STUCK, 1, 5, 5, 5)], 0, 20, 20)
    assert (made.usable, made.completeness) == (None, 0.0)


def test_overlapping_periods_cover_their_time_once() -> None:
    (made,) = bucket([_row(0, OK, 1, 5, 5, 5), _row(0, OK, 1, 5, 5, 5), _row(5, OK, 1, 5, 5, 5)], 0, 30, 30)
    assert made.completeness == 0.5


def test_what_lies_outside_is_left_out() -> None:
    rows = [_row(start_ms, OK, 1, start_ms, start_ms, start_ms) for start_ms in range(-50, 100, 10)]
    made = bucket(rows, 20, 40, 10)
    assert [part.usable for part in made] == [Summary(1, 20, 20, 20), Summary(1, 30, 30, 30)]


def test_the_last_bucket_is_whole_even_when_the_range_ends_within_it() -> None:
    assert [part.start_ms for part in bucket([], 0, 25, 10)] == [0, 10, 20]
    assert bucket([], 0, 0, 10) == bucket([], 10, 0, 10) == []


def test_too_many_buckets_are_refused() -> None:
    assert len(bucket([], 0, MAX_BUCKETS, 1)) == MAX_BUCKETS
    with pytest.raises(BucketLimitError) as caught:
        bucket([], 0, MAX_BUCKETS + 1, 1)
    assert (caught.value.asked, caught.value.limit) == (MAX_BUCKETS + 1, MAX_BUCKETS)
    with pytest.raises(ValueError, match="step_ms"):
        bucket([], 0, 10, 0)
