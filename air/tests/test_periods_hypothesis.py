"""Period statistics joined: what holds for any rows."""

from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from air.statistics.periods import PeriodStatistics, Summary, bucket, merge
from contract.quality import NO_REPLY, OK, STUCK, USABLE, VALUED


@st.composite
def _summaries(draw: st.DrawFn) -> Summary:
    least, mean, greatest = sorted(draw(st.lists(st.integers(-1000, 1000), min_size=3, max_size=3)))
    return Summary(draw(st.integers(1, 50)), mean, least, greatest)


@st.composite
def _rows(draw: st.DrawFn, codes: tuple[int, ...] = (OK, 13, STUCK, 1, NO_REPLY, 11)) -> PeriodStatistics:
    code = draw(st.sampled_from(codes))
    summary = draw(_summaries()) if code in VALUED else None
    return PeriodStatistics(draw(st.integers(-200, 1200)), draw(st.integers(1, 120)), code, summary)


_ANY = st.lists(_rows(), min_size=1, max_size=12)
_USABLE = st.lists(_rows(codes=(OK,)), min_size=1, max_size=12)


@given(_ANY, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_never_matters(rows: list[PeriodStatistics], random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert merge(shuffled) == merge(rows)
    assert bucket(shuffled, 0, 1000, 100) == bucket(rows, 0, 1000, 100)


@given(_USABLE)
def test_the_merged_mean_is_the_weighted_one_within_half_a_step(rows: list[PeriodStatistics]) -> None:
    summaries = [row.summary for row in rows if row.summary]
    exact = Fraction(sum(s.n * s.mean for s in summaries), sum(s.n for s in summaries))
    merged = merge(rows).summary
    assert merged is not None
    assert merged.n == sum(s.n for s in summaries)
    assert abs(merged.mean - exact) <= Fraction(1, 2)
    assert merged.minimum == min(s.minimum for s in summaries) and merged.maximum == max(s.maximum for s in summaries)


@given(_USABLE, _USABLE)
def test_merging_in_two_stages_differs_by_one_step_at_most(one: list[PeriodStatistics], other: list[PeriodStatistics]) -> None:
    at_once, staged = merge(one + other).summary, merge([merge(one), merge(other)]).summary
    assert at_once is not None and staged is not None
    assert abs(at_once.mean - staged.mean) <= 1
    assert (at_once.n, at_once.minimum, at_once.maximum) == (staged.n, staged.minimum, staged.maximum)


@given(_ANY)
def test_least_mean_and_greatest_keep_their_order(rows: list[PeriodStatistics]) -> None:
    summary = merge(rows).summary
    if summary is not None:
        assert summary.minimum <= summary.mean <= summary.maximum


@given(_ANY)
def test_a_value_stands_only_on_readings_of_its_own_quality(rows: list[PeriodStatistics]) -> None:
    merged = merge(rows)
    usable = merged.quality in USABLE
    behind = [row for row in rows if (row.quality in USABLE if usable else row.quality == merged.quality)]
    assert (merged.summary.n if merged.summary else 0) == sum(row.summary.n for row in behind if row.summary)
    assert usable == any(row.quality in USABLE for row in rows)


@given(_ANY, st.integers(1, 300))
def test_buckets_hold_every_reading_once(rows: list[PeriodStatistics], step_ms: int) -> None:
    made = bucket(rows, -200, 1320, step_ms)
    counted = sum(part.usable.n for part in made if part.usable) + sum(u.summary.n for part in made for u in part.unusable if u.summary)
    assert counted == sum(row.summary.n for row in rows if row.summary)


@given(_ANY, st.integers(1, 300))
def test_completeness_adds_up_to_the_time_that_usable_rows_cover(rows: list[PeriodStatistics], step_ms: int) -> None:
    made = bucket(rows, -200, 1320, step_ms)
    covered = {ms for row in rows if row.quality in USABLE for ms in range(row.start_ms, row.end_ms)}
    assert all(0 <= part.completeness <= 1 for part in made)
    assert round(sum(part.completeness for part in made) * step_ms) == len(covered)
