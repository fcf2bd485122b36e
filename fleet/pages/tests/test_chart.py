import pytest

from fleet.errors import InvalidError
from fleet.pages import chart

NOW_MS = 1_700_000_003_210


def test_lines_share_their_times_and_have_holes_where_they_have_nothing() -> None:
    lines = {("n-1", 0): {0: 1.0, 20_000: 3.0}, ("n-2", 0): {10_000: 5.0}, ("n-2", 1): {10_000: 6.004}}
    times, shown = chart.chart_lines(lines)
    assert times == [0, 10, 20]
    assert shown == [("n-1", [1.0, None, 3.0]), ("n-2 · 0", [None, 5.0, None]), ("n-2 · 1", [None, 6.0, None])]


def test_a_pause_of_all_lines_is_a_time_without_a_value() -> None:
    times, ((_, values),) = chart.chart_lines({("n-1", 0): {0: 1.0, 10_000: 1.0, 20_000: 1.0, 90_000: 2.0}})
    assert times == [0, 10, 20, 30, 90] and values == [1.0, 1.0, 1.0, None, 2.0]


def test_nothing_is_no_lines() -> None:
    assert chart.chart_lines({}) == ([], [])


@pytest.mark.parametrize(("span", "step_ms"), [("1h", 10_000), ("24h", 300_000), ("7d", 1_800_000)])
def test_a_span_has_steps_that_a_clock_shows_and_not_too_many(span: str, step_ms: int) -> None:
    found = chart.steps(span, None, None, NOW_MS)
    assert found.step_ms == step_ms
    assert found.from_ms % step_ms == found.to_ms % step_ms == 0 and found.to_ms >= NOW_MS
    assert (found.to_ms - found.from_ms) // step_ms <= chart.MOST_STEPS + 1


@pytest.mark.parametrize(
    ("span", "from_ms", "to_ms"), [("2h", None, None), ("own", None, 5), ("own", 5, 5), ("own", 5, 4), ("own", 0, 400 * chart.DAY_MS)]
)
def test_a_span_that_cannot_be_is_refused(span: str, from_ms: int | None, to_ms: int | None) -> None:
    with pytest.raises(InvalidError):
        chart.steps(span, from_ms, to_ms, NOW_MS)
