"""Outlines for the map: fewer positions, and no gap between neighbours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.places.geometry import Geometry, Position, judge
from fleet.places.outlines import FINEST, compact
from fleet.tests.made_up_district import made_up_areas


def ground(*rings: list[Position]) -> Geometry:
    found, faults = judge({"type": "Polygon", "coordinates": [[[x, y] for x, y in ring] for ring in rings]})
    assert found is not None, faults
    return found


def square(x: float, y: float, size: float) -> list[Position]:
    return [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]


def corners(polygons: list[list[list[Position]]]) -> set[Position]:
    return {position for rings in polygons for ring in rings for position in ring}


def test_what_lies_on_a_straight_line_is_left_out_and_holes_stay() -> None:
    outer = [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    (polygon,) = compact({"a": ground(outer, square(0.2, 0.2, 0.1))})["a"]
    assert len(polygon) == 2 and len(polygon[0]) == 5 and polygon[0][0] == polygon[0][-1]
    assert corners([[polygon[0]]]) == {(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)}


@pytest.mark.parametrize("most", [1, 5, 6])
def test_of_each_area_something_remains_however_few_positions_there_may_be(most: int) -> None:
    grounds = {"tiny": ground(square(0.1, 0.1, 0.000001)), "large": ground(square(0, 0, 1), square(0.2, 0.2, 0.00001))}
    found = compact(grounds, most)
    assert all(len(ring) >= 4 and ring[0] == ring[-1] for polygons in found.values() for rings in polygons for ring in rings)
    assert len(found["large"][0]) == 1, "a hole that is narrower than the grid"


def test_beyond_the_limit_of_positions_the_grid_gets_wider() -> None:
    line = [(index / 1000, 0.00001 * (index % 2)) for index in range(1001)]
    crooked = ground([*line, (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)])
    assert len(compact({"a": crooked})["a"][0][0]) > 900
    assert len(compact({"a": crooked}, 100)["a"][0][0]) == 5


@given(st.integers(1, 2000))
def test_neighbours_of_the_made_up_district_keep_their_common_border(most: int) -> None:
    """What of a cell is left has its corners where those of its township are: all move on one grid."""
    areas = {area.id: area for area in made_up_areas() if area.level <= 1}
    found = compact({name: ground([*area.outline, area.outline[0]]) for name, area in areas.items()}, most)
    whole = {(round(x * FINEST), round(y * FINEST)) for polygons in found.values() for x, y in corners(polygons)}
    step = max(2**power for power in range(11) if all(x % 2**power == y % 2**power == 0 for x, y in whole))
    for name, area in areas.items():
        expected = {(round(round(x * FINEST / step) * step), round(round(y * FINEST / step) * step)) for x, y in area.outline}
        assert {(round(x * FINEST), round(y * FINEST)) for x, y in corners(found[name])} <= expected
