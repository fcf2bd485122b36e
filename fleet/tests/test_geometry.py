"""The ground of areas: what is refused and why, one form of what is kept, and points in it."""

import json
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.faults import path_text
from fleet.places import geometry
from fleet.places.geometry import Geometry

SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
HOLE = [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]
BESIDE = [[5, 0], [6, 0], [6, 1], [5, 1], [5, 0]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def several(*polygons: Any) -> dict[str, Any]:
    return {"type": "MultiPolygon", "coordinates": list(polygons)}


def good(document: Any) -> Geometry:
    ground, faults = geometry.judge(document)
    assert ground, faults
    return ground


REFUSED: dict[str, tuple[Any, str, str]] = {
    "no object": ([SQUARE], "$", "Polygon or MultiPolygon"),
    "a point": ({"type": "Point", "coordinates": [1, 2]}, "type", "Polygon or MultiPolygon"),
    "no type": ({"coordinates": [SQUARE]}, "type", "Polygon or MultiPolygon"),
    "no coordinates": ({"type": "Polygon"}, "coordinates", "a list of rings"),
    "no ring": (polygon(), "coordinates", "a list of rings"),
    "no polygon": (several(), "coordinates", "a list of polygons"),
    "a ring of three": (polygon([[0, 0], [4, 0], [0, 0]]), "coordinates[0]", "at least 4 positions"),
    "an open ring": (polygon(SQUARE[:-1]), "coordinates[0][3]", "closes the ring"),
    "an open hole": (several([SQUARE, HOLE[:-1]]), "coordinates[0][1][3]", "closes the ring"),
    "a text": (polygon([["0", 0], *SQUARE[1:]]), "coordinates[0][0]", "degrees"),
    "a truth": (polygon([[True, 0], *SQUARE[1:]]), "coordinates[0][0]", "degrees"),
    "one number": (polygon([[0], *SQUARE[1:]]), "coordinates[0][0]", "degrees"),
    "no number": (polygon([[math.nan, 0], *SQUARE[1:]]), "coordinates[0][0]", "degrees"),
    "a huge number": (polygon([[10**400, 0], *SQUARE[1:]]), "coordinates[0][0]", "degrees"),
    "latitude first": (polygon([[30.6, 104.0], *SQUARE[1:]]), "coordinates[0][0]", "degrees"),
    "a bow": (polygon([[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]), "coordinates", "self-intersection at 2, 2"),
    "a hole outside": (polygon(SQUARE, BESIDE), "coordinates", "hole lies outside shell at 5, 0"),
    "a hole in a hole": (
        polygon(SQUARE, [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]], [[1.5, 1.5], [2, 1.5], [2, 2], [1.5, 2], [1.5, 1.5]]),
        "coordinates",
        "holes are nested",
    ),
    "two that overlap": (several([SQUARE], [[[3, 3], [5, 3], [5, 5], [3, 5], [3, 3]]]), "coordinates", "self-intersection"),
    "no ground": (polygon([[0, 0], [4, 0], [2, 0], [0, 0]]), "coordinates", "self-intersection"),
    "less than a centimetre": (polygon([[0, 0], [1e-9, 0], [1e-9, 1e-9], [0, 0]]), "coordinates", "enclose some ground"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_ground_that_cannot_be_is_refused_where_it_is_wrong(case: tuple[Any, str, str]) -> None:
    document, path, said = case
    ground, faults = geometry.judge(document)
    assert ground is None
    assert path_text(faults[0].path) == path and said in faults[0].allowed


def test_more_positions_than_a_map_can_draw_are_refused() -> None:
    count = geometry.MOST_POSITIONS
    ring = [[math.cos(2 * math.pi * k / count), math.sin(2 * math.pi * k / count)] for k in range(count)]
    assert geometry.judge(polygon([*ring, ring[0]]))[1][0].value == count + 1
    assert good(polygon([*ring[1:], ring[1]]))


def test_it_is_kept_in_one_form() -> None:
    kept = good(polygon([[x, y, 71.5] for x, y in reversed(SQUARE)], HOLE))
    assert kept.to_geojson() == polygon(SQUARE, HOLE[::-1])
    assert kept.box == (0, 0, 4, 4)
    assert good(several([SQUARE, HOLE])) == kept
    assert geometry.of_text(kept.to_text()) == kept
    assert good(polygon([[-1e-9, 4e-9], *SQUARE[1:-1], [-1e-9, 4e-9]])).to_text() == good(polygon(SQUARE)).to_text()


def test_of_a_ring_in_which_latitude_comes_first_some_positions_are_named() -> None:
    ring = [[36.0, 114.0]] * geometry.MOST_POSITIONS
    assert len(geometry.judge(polygon(ring))[1]) == geometry.MOST_FAULTS
    (fault,) = geometry.judge(polygon(ring, ring))[1]
    assert fault.value == 2 * geometry.MOST_POSITIONS


POINTS = {
    "inside": ((3, 3), True),
    "in the hole": ((1.5, 1.5), False),
    "on the border": ((0, 2), True),
    "at a corner": ((4, 4), True),
    "in the second": ((5.5, 0.5), True),
    "between them": ((4.5, 0.5), False),
    "far away": ((-120, 40), False),
}


@pytest.mark.parametrize("case", POINTS.values(), ids=POINTS.keys())
def test_a_point_is_in_it_or_not(case: tuple[tuple[float, float], bool]) -> None:
    place, expected = case
    assert good(several([SQUARE, HOLE], [BESIDE])).covers(*place) is expected


@st.composite
def stars(draw: st.DrawFn) -> list[list[float]]:
    """Rings that go once round a centre, in whichever direction, so that they never cross themselves."""
    radii = draw(st.lists(st.integers(10, 1000), min_size=3, max_size=20))
    ring = [
        [round(114 + r * math.cos(2 * math.pi * k / len(radii)) / 1e4, 7), round(36 + r * math.sin(2 * math.pi * k / len(radii)) / 1e4, 7)]
        for k, r in enumerate(radii)
    ]
    ring.append(ring[0])
    return ring[::-1] if draw(st.booleans()) else ring


def crossings(ring: list[list[float]], x: float, y: float) -> int:
    """Of a line from the point eastwards with the ring."""
    pairs = pairwise(ring)
    return sum((y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1) for (x1, y1), (x2, y2) in pairs)


@given(stars(), st.floats(113.9, 114.1), st.floats(35.9, 36.1))
def test_points_of_any_ring_agree_with_counting_its_crossings(ring: list[list[float]], x: float, y: float) -> None:
    kept = good(polygon(ring))
    assert kept.covers(x, y) == (crossings(ring, x, y) % 2 == 1)
    assert good(json.loads(kept.to_text())) == kept == geometry.of_text(kept.to_text())


SYSTEMS: dict[str, tuple[Any, bool]] = {
    "none": (None, True),
    "as RFC 7946 has it": ({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, True),
    "CGCS2000": ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}, True),
    "Web Mercator": ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}, False),
    "a text": ("EPSG:4326", True),
    "a number": (4326, False),
    "a name without a name": ({"type": "name", "properties": {}}, False),
}


@pytest.mark.parametrize("case", SYSTEMS.values(), ids=SYSTEMS.keys())
def test_positions_of_another_system_are_refused(case: tuple[Any, bool]) -> None:
    named, allowed = case
    fault = geometry.fault_of_system({"type": "FeatureCollection", "crs": named})
    assert (fault is None) is allowed
