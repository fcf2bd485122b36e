import pytest

from fleet.pages.tests.test_node_rows import ENGLISH


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (119.9, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_799, "47 h"), (172_800, "2 days")],
)
def test_a_length_of_time_is_in_its_largest_whole_unit(seconds: float, shown: str) -> None:
    assert ENGLISH.span(seconds) == shown
