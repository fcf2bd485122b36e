import pytest

from fleet.pages import language, live_view
from fleet.record.latest import LatestValue, NodeLatest
from fleet.record.node_list import NodeView
from fleet.record.series import Point

NODE = NodeView("n-1", "gate", "East gate", "gw-1", 36.6, 114.5, 0, 1000, 0, "confirmed", station=False)
TRANSLATE = language.translations("en").gettext
ENGLISH = live_view.Wording("en", TRANSLATE)


def value(quantity: str = "pm2_5_atm", number: float | None = 35.26, quality: str = "ok", age_s: float = 3, slot: int = 0) -> LatestValue:
    return LatestValue(slot, quantity, "ug/m3", number, quality, age_s, 1_700_000_000_000, 10_000, 40, "node")


def card(*channels: LatestValue) -> live_view.NodeCard:
    return live_view.overview([NODE], [NodeLatest("n-1", list(channels))], ENGLISH).nodes[0]


@pytest.mark.parametrize(("age_s", "state"), [(0, "live"), (25, "live"), (26, "late"), (100, "late"), (101, "silent")])
def test_a_node_is_late_and_then_silent_by_its_own_period(age_s: float, state: str) -> None:
    assert card(value(age_s=age_s)).state == state


def test_a_node_that_never_reported_is_new_and_counted_as_no_other() -> None:
    view = live_view.overview([NODE], [NodeLatest("n-1", [])], ENGLISH)
    assert view.nodes[0].state == "new"
    assert [view.count(state) for state in ("live", "late", "silent")] == [0, 0, 0]


def test_no_data_is_shown_with_its_reason_and_without_a_number() -> None:
    (cell,) = card(value(number=None, quality="no_reply")).channels
    assert (cell.value, cell.quality, cell.usable) == (None, "no reply", False)


def test_an_unusable_value_keeps_its_number() -> None:
    (cell,) = card(value(number=0.0, quality="warming_up")).channels
    assert (cell.value, cell.usable) == ("0.0", False)


def test_slots_are_named_only_where_a_quantity_has_several() -> None:
    cells = card(value(slot=0), value(slot=1), value("tvoc", slot=2)).channels
    assert [(cell.slot, cell.slot_shown) for cell in cells] == [(0, True), (1, True), (2, False)]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (119.9, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_799, "47 h"), (172_800, "2 days")],
)
def test_a_length_of_time_is_in_its_largest_whole_unit(seconds: float, shown: str) -> None:
    assert live_view.span(seconds, TRANSLATE) == shown


def point(slot: int, start_ms: int, number: float | None, quality: str = "ok") -> Point:
    return Point(slot, start_ms, 10_000, number, number, number, 1, quality, "node", 40)


def test_lines_share_their_times_and_have_holes_where_nothing_is_usable() -> None:
    one = [point(0, 0, 1.0), point(0, 10_000, 9.0, "warming_up"), point(0, 20_000, 3.0)]
    two = [point(0, 10_000, 5.0), point(1, 10_000, 6.0)]
    times, lines = live_view.chart_lines([("n-1", one), ("n-2", two)])
    assert times == [0, 10, 20]
    assert lines == [("n-1", [1.0, None, 3.0]), ("n-2 · 0", [None, 5.0, None]), ("n-2 · 1", [None, 6.0, None])]
