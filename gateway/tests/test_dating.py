"""Dates and their errors: the truth always lies within what is claimed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.site.device_api import BY_BOUNDS
from gateway.items import Row
from gateway.store.site.dating import Anchor, BootClock, Dated, Limits, date, drift_ms

_LIMITS = Limits(clock_error_ms=50, drift_ppm=100, undated_age_ms=86_400_000)
_T0 = 1_700_000_000_000


def _row(uptime_ms: int, arrived_ms: int, utc: tuple[int, int] | None = None, duration_ms: int = 1000) -> Row:
    utc_ms, error_ms = utc or (None, None)
    return Row("n-1", "0000000200000000", 0, "report", arrived_ms, uptime_ms, duration_ms, utc_ms, error_ms, b"")


def _clock(*rows: Row, not_before_ms: int | None = None) -> BootClock:
    clock = BootClock("n-1", "0000000200000000", not_before_ms=not_before_ms)
    for row in rows:
        clock.learn(row, _LIMITS)
    return clock


def test_what_the_node_knew_is_taken_as_it_is() -> None:
    row = _row(5000, _T0, (123, 7))
    assert date(row, _clock(row), _LIMITS) == Dated("node", 123, 7)


def test_an_anchor_dates_what_came_before_and_after_with_the_drift_of_the_distance() -> None:
    clock = _clock(_row(1_000_000, _T0 + 1_001_000, (_T0 + 1_000_000, 20)))
    assert date(_row(0, _T0 + 1000), clock, _LIMITS) == Dated("anchor", _T0, 20 + 100)
    assert date(_row(1_500_000, _T0 + 1_501_000), clock, _LIMITS) == Dated("anchor", _T0 + 1_500_000, 20 + 50)


def test_the_anchor_kept_is_the_one_that_dates_the_beginning_best() -> None:
    early, late = _row(1000, _T0 + 1000, (_T0, 30)), _row(2_000_000, _T0 + 1000, (_T0, 10))
    assert _clock(early, late).anchor == Anchor(1000, _T0 - 1000, 30)
    assert _clock(late, early).anchor == Anchor(1000, _T0 - 1000, 30)
    better = _row(2000, _T0 + 2000, (_T0 + 1000, 5))
    assert _clock(early, better).anchor == Anchor(2000, _T0 - 1000, 5)


def test_without_any_anchor_a_prompt_arrival_of_the_boot_bounds_the_ones_before() -> None:
    # Item at uptime 0 arrives two hours late; another of the boot proves that uptime 7 200 000 was at most now.
    late, prompt = _row(0, _T0 + 7_203_000), _row(7_200_000, _T0 + 7_201_000)
    dated = date(late, _clock(late, prompt), _LIMITS)
    latest_ms = _T0 + 50 + drift_ms(7_201_000, 100)
    assert dated.how == BY_BOUNDS
    assert dated.start_ms + dated.error_ms == pytest.approx(latest_ms, abs=1)


def test_a_boot_began_after_the_one_before_had_ended() -> None:
    before = _clock(_row(60_000, _T0 + 1000, (_T0, 40)))
    end_ms = before.earliest_end_ms(_LIMITS)
    assert end_ms == _T0 - 60_000 + 61_000 - 41
    row = _row(5000, _T0 + 20_000)
    dated = date(row, _clock(row, not_before_ms=end_ms), _LIMITS)
    assert dated.start_ms - dated.error_ms == pytest.approx(end_ms + 5000 - 1, abs=1)


def test_a_clock_that_jumped_widens_the_bounds_instead_of_turning_them_round() -> None:
    row = _row(5000, _T0)
    dated = date(row, _clock(row, not_before_ms=_T0 + 1_000_000), _LIMITS)
    assert dated.start_ms - dated.error_ms <= _T0 - 1000 + 50
    assert dated.start_ms + dated.error_ms >= _T0 + 1_005_000 - 1


_YEAR_MS = 365 * 86_400_000
_PROMPT = _row(0, _T0 + 1000, (_T0, 20))
# What the node claims of a period of 1000 ms that arrived at _T0 + 11 000, the anchor before it, and how it is dated.
_CLAIMS = {
    "a year ahead, alone": ((_T0 + _YEAR_MS, 20), None, "bounds"),
    "a year ahead, good anchor": ((_T0 + _YEAR_MS, 20), _PROMPT, "anchor"),
    "end after the arrival by more than both errors": ((_T0 + 10_000 + 50 + 20 + 2, 20), _PROMPT, "anchor"),
    "end after the arrival within both errors": ((_T0 + 10_000 + 50 + 20, 20), _PROMPT, "node"),
    "anchor that dates it after its arrival": (None, _row(0, _T0 + 9000, (_T0 + 8000, 20)), "bounds"),
}


@pytest.mark.parametrize("case", _CLAIMS.values(), ids=_CLAIMS.keys())
def test_a_time_after_the_arrival_is_not_used(case: tuple[tuple[int, int] | None, Row | None, str]) -> None:
    utc, before, how = case
    row = _row(10_000, _T0 + 11_000, utc)
    clock = _clock(*([before] if before else []), row)
    assert date(row, clock, _LIMITS).how == how
    if utc is not None and how != "node":
        assert clock.anchor == (Anchor(0, _T0, 20) if before else None)


_WHEN = st.integers(_T0 - 2 * _YEAR_MS, _T0 + 2 * _YEAR_MS)


@given(
    st.lists(
        st.builds(
            _row,
            st.integers(0, 10**10),
            _WHEN,
            st.none() | st.tuples(_WHEN, st.integers(0, 10**6)),
            st.integers(0, 3_600_000),
        ),
        min_size=1,
        max_size=8,
    ),
    st.none() | _WHEN,
)
def test_nothing_starts_after_it_arrived(rows: list[Row], not_before_ms: int | None) -> None:
    clock = _clock(*rows, not_before_ms=not_before_ms)
    for row in rows:
        dated = date(row, clock, _LIMITS)
        assert dated.start_ms - dated.error_ms <= row.arrived_ms + _LIMITS.clock_error_ms


@given(
    boot_utc_ms=st.integers(_T0, _T0 + 10**9),
    drift_ppm=st.integers(-100, 100),
    made=st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 3_600_000), st.booleans()), min_size=1, max_size=8),
)
def test_the_truth_lies_within_the_claim(boot_utc_ms: int, drift_ppm: int, made: list[tuple[int, int, bool]]) -> None:
    def truth(uptime_ms: int) -> float:
        return boot_utc_ms + uptime_ms * (1 + drift_ppm / 1e6)

    rows = []
    for uptime_ms, delay_ms, synchronised in made:
        arrived_ms = int(truth(uptime_ms + 1000)) + delay_ms + 1
        utc = (round(truth(uptime_ms)), 1) if synchronised else None
        rows.append(_row(uptime_ms, arrived_ms, utc))
    clock = _clock(*rows)
    for row in rows:
        dated = date(row, clock, _LIMITS)
        # 2 ms: the drift of the period and the rounding of the test's own numbers.
        assert abs(dated.start_ms - truth(row.uptime_ms)) <= dated.error_ms + 2


def test_an_earlier_boot_that_ended_long_ago_widens_no_bounds() -> None:
    row = _row(5000, _T0 + 20_000)
    alone = date(row, _clock(row), _LIMITS)
    assert date(row, _clock(row, not_before_ms=_T0 - 100 * _LIMITS.undated_age_ms), _LIMITS) == alone
