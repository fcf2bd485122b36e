import pytest

from fleet.pages import language, node_rows
from fleet.pages.wording import Wording
from fleet.record.latest import LatestValue
from fleet.record.node_list import NodeView

NOW_MS = 1_700_000_000_000
ENGLISH = Wording("en", language.translations("en").gettext)


def node(heard_s: float | None = 3, name: str = "n-1") -> NodeView:
    last_ms = None if heard_s is None else NOW_MS - round(1000 * heard_s)
    return NodeView(name, "gate", "East gate", "gw-1", 36.6, 114.5, 0, last_ms, 0, "confirmed", station=False)


def value(quantity: str = "pm2_5_atm", number: float | None = 35.26, quality: str = "ok", age_s: float = 3, slot: int = 0) -> LatestValue:
    return LatestValue(slot, quantity, "ug/m3", number, quality, age_s, NOW_MS - 10_000, 10_000, 40, "node")


def row(*channels: LatestValue, heard_s: float | None = 3) -> node_rows.NodeRow:
    return node_rows.row(node(heard_s), list(channels), NOW_MS, ENGLISH)


@pytest.mark.parametrize(("age_s", "state"), [(0, "live"), (25, "live"), (26, "late"), (100, "late"), (101, "silent")])
def test_a_node_is_late_and_then_silent_by_its_own_period(age_s: float, state: str) -> None:
    assert row(value(age_s=age_s), heard_s=age_s).state == state


@pytest.mark.parametrize(
    ("quality", "state"), [("ok", "live"), ("warming_up", "live"), ("no_reply", "faulty"), ("sensor_error", "faulty"), ("asleep", "live")]
)
def test_a_node_with_a_sensor_to_look_after_is_faulty(quality: str, state: str) -> None:
    assert row(value(), value("tvoc", None, quality, slot=1)).state == state


def test_a_node_that_never_reported_is_new() -> None:
    assert row(heard_s=None).state == "new"


@pytest.mark.parametrize("channels", [[], [value(age_s=5000)]])
def test_a_node_whose_reports_have_no_values_has_no_sensors_and_shows_none_as_present(channels: list[LatestValue]) -> None:
    found = row(*channels, heard_s=4)
    assert (found.state, found.values, len(found.earlier)) == ("no_sensors", [], len(channels))
    assert found.age_s == 4


def test_what_a_node_no_longer_measures_is_not_among_its_present_values() -> None:
    found = row(value(), value("tvoc", 200.0, age_s=4000, slot=1))
    assert [one.quantity for one in found.values] == ["pm2_5_atm"]
    assert [one.quantity for one in found.earlier] == ["tvoc"]


def test_no_data_is_shown_with_its_reason_and_without_a_number() -> None:
    (cell,) = row(value(number=None, quality="no_reply")).values
    assert (cell.text, cell.quality, cell.usable) == (None, "no reply", False)


def test_an_unusable_value_keeps_its_number() -> None:
    (cell,) = row(value(number=0.0, quality="warming_up")).values
    assert (cell.text, cell.usable) == ("0.0", False)


def test_a_part_with_a_mass_column_stands_in_the_column_of_dust() -> None:
    found = row(value("pm2_5_mass"))
    (column,) = node_rows.columns([found])
    assert column[0] == "pm2_5_atm" and [one.text for one in found.of(column)] == ["35.3"]
