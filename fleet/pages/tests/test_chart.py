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


@pytest.mark.parametrize(("span", "step_ms", "lasts_ms"), [("1h", 10_000, 5000), ("24h", 300_000, 60_000), ("7d", 1_800_000, 60_000)])
def test_a_span_has_steps_that_a_clock_shows_and_not_too_many(span: str, step_ms: int, lasts_ms: int) -> None:
    found = chart.asked(span, None, None, NOW_MS, nodes=0)
    steps = found.steps
    assert (steps.step_ms, found.lasts_ms, found.is_cut, found.is_long) == (step_ms, lasts_ms, False, span == "7d")
    assert steps.from_ms % step_ms == steps.to_ms % step_ms == 0 and steps.to_ms >= NOW_MS
    assert (steps.to_ms - steps.from_ms) // step_ms <= chart.MOST_STEPS + 1


@pytest.mark.parametrize("nodes", [0, 1, 2, 5, 24])
@pytest.mark.parametrize("days", [1, 8, 400, 20_000])
def test_a_long_span_of_many_nodes_is_cut_to_its_end(nodes: int, days: int) -> None:
    found = chart.asked("own", NOW_MS - days * chart.DAY_MS, NOW_MS, NOW_MS, nodes)
    shown_days = (found.steps.to_ms - found.steps.from_ms) / chart.DAY_MS
    assert shown_days * (nodes or chart.MOST_NODES) <= 1.02 * chart.MOST_NODE_DAYS + 2 * chart.MOST_NODES
    assert found.steps.to_ms >= NOW_MS and found.is_cut == (days * chart.DAY_MS > found.longest_ms)
    assert (found.steps.to_ms - found.steps.from_ms) // found.steps.step_ms <= chart.MOST_STEPS + 1


@pytest.mark.parametrize(("span", "from_ms", "to_ms"), [("2h", None, None), ("own", None, 5), ("own", 5, 5), ("own", 5, 4)])
def test_a_span_that_cannot_be_is_refused(span: str, from_ms: int | None, to_ms: int | None) -> None:
    with pytest.raises(InvalidError):
        chart.asked(span, from_ms, to_ms, NOW_MS, nodes=0)
