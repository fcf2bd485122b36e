"""The grid of the district by the API: areas in four levels, their ground, and which of them a point lies in."""

from typing import Any

import pytest

from fleet.tests.district import START_MS, District, in_ms

WHY = {"reason": "the new plan of the grid"}


def square(west: float, south: float, side: float) -> dict[str, Any]:
    east, north = round(west + side, 7), round(south + side, 7)
    return {"type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]}


GRID: list[dict[str, Any]] = [
    {"id": "13", "level": "district", "name_zh": "某区", "name_en": "A district", "geometry": square(114, 36, 1)},
    {"id": "13-1", "level": "township", "parent": "13", "name_zh": "东镇", "name_en": "East", "geometry": square(114, 36, 0.5)},
    {"id": "13-1-1", "level": "community", "kind": "village", "parent": "13-1", "name_zh": "河村", "name_en": "River village"},
    {"id": "13-1-1-1", "level": "cell", "parent": "13-1-1", "name_zh": "一格", "name_en": "Cell 1", "geometry": square(114.1, 36.1, 0.1)},
    {"id": "13-1-1-2", "level": "cell", "parent": "13-1-1", "name_zh": "二格", "name_en": "Cell 2", "geometry": square(114.2, 36.1, 0.1)},
    {"id": "13-2", "level": "township", "parent": "13", "name_zh": "西镇", "name_en": "West", "geometry": square(114.5, 36, 0.5)},
]


@pytest.fixture
async def grid(district: District) -> District:
    for area in GRID:
        added = await district.admin("POST", "areas", area)
        assert added.status_code == 201, added.text
    return district


async def ids(district: District, **query: Any) -> list[str]:
    return [area["id"] for area in (await district.read("areas", **query))["items"]]


async def test_an_area_is_shown_as_it_was_added(grid: District) -> None:
    assert await grid.read("areas/13-1-1") == {
        "id": "13-1-1", "level": "community", "parent": "13-1", "kind": "village", "name_zh": "河村", "name_en": "River village",
        "has_geometry": False, "retired_ms": None, "retired": None,
    }  # fmt: skip
    (change,) = (await grid.read("changes", what="area_added", subject="13-1-1"))["items"]
    assert in_ms(change)["after"] == {
        "level": "community", "parent": "13-1", "kind": "village", "name_zh": "河村", "name_en": "River village", "geometry_sha256": None,
    }  # fmt: skip


async def test_areas_are_listed_by_level_and_by_what_they_lie_in(grid: District) -> None:
    assert await ids(grid) == [area["id"] for area in GRID]
    assert await ids(grid, level="township") == ["13-1", "13-2"]
    assert await ids(grid, under="13-1") == ["13-1", "13-1-1", "13-1-1-1", "13-1-1-2"]
    assert await ids(grid, under="13-1", level="cell", limit=1) == ["13-1-1-1"]
    assert await ids(grid, under="13-1", level="cell", cursor="13-1-1-1") == ["13-1-1-2"]
    assert (await grid.admin("GET", "areas", under="14")).status_code == 404


async def test_areas_come_out_as_geojson(grid: District) -> None:
    found = await grid.read("areas.geojson", under="13-1")
    assert found["type"] == "FeatureCollection"
    assert [feature["id"] for feature in found["features"]] == ["13-1", "13-1-1-1", "13-1-1-2"]
    assert found["features"][1]["geometry"] == GRID[3]["geometry"]
    assert found["features"][1]["properties"]["name_zh"] == "一格"


POINTS = {
    "in a cell": ((114.15, 36.15), ["13", "13-1", "13-1-1-1"]),
    "on the border of two cells": ((114.2, 36.15), ["13", "13-1", "13-1-1-1"]),
    "between the cells": ((114.35, 36.3), ["13", "13-1"]),
    "outside": ((115.5, 36.5), []),
}


@pytest.mark.parametrize("case", POINTS.values(), ids=POINTS.keys())
async def test_a_point_lies_in_one_area_of_a_level(grid: District, case: tuple[tuple[float, float], list[str]]) -> None:
    (longitude, latitude), expected = case
    assert [area["id"] for area in (await grid.read("areas-at", longitude=longitude, latitude=latitude))["items"]] == expected


async def test_an_area_is_corrected_and_the_record_has_what_it_was(grid: District) -> None:
    wanted = {"parent": "13-1-1", "name_en": "Cell One", "geometry": square(114.1, 36.1, 0.2)}
    grid.time.now_ms += 1000
    corrected = await grid.admin("PATCH", "areas/13-1-1-1", {**wanted, **WHY})
    assert corrected.status_code == 200, corrected.text
    assert corrected.json()["name_en"] == "Cell One"
    (change,) = (await grid.read("changes", what="area_changed"))["items"]
    assert in_ms(change)["at_ms"] == START_MS + 1000
    assert change["before"].keys() == change["after"].keys() == {"name_en", "geometry_sha256"}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a second district": ({"level": "district"}, "another level: the district is 13"),
    "a district in an area": ({"level": "district", "parent": "13"}, "the district has no area above it"),
    "a township of nothing": ({"level": "township"}, "the district that it lies in"),
    "a township of what is not there": ({"level": "township", "parent": "14"}, "an existing district"),
    "a cell in a township": ({"level": "cell", "parent": "13-1"}, "a community; 13-1 is a township"),
    "a cell that is a company": ({"level": "cell", "parent": "13-1-1", "kind": "company"}, "only a community is"),
    "a level that there is not": ({"level": "city"}, "one of district, township, community, cell"),
    "ground that crosses itself": (
        {"level": "cell", "parent": "13-1-1", "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]]}},
        "self-intersection at 2, 2",
    ),
    "ground that is a line": (
        {"level": "cell", "parent": "13-1-1", "geometry": {"type": "LineString", "coordinates": [[0, 0], [4, 4]]}},
        "Polygon or MultiPolygon",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
async def test_what_does_not_fit_the_grid_is_refused_and_changes_nothing(grid: District, case: tuple[dict[str, Any], str]) -> None:
    body, said = case
    before = await grid.read("areas"), await grid.read("changes")
    refused = await grid.admin("POST", "areas", {"id": "new", "name_zh": "新", "name_en": "New", **body})
    assert refused.status_code == 422, refused.text
    assert said in refused.text
    assert (await grid.read("areas"), await grid.read("changes")) == before


async def test_all_that_is_wrong_with_an_area_is_in_one_answer(grid: District) -> None:
    line = {"type": "LineString", "coordinates": []}
    refused = await grid.admin("POST", "areas", {"id": "13-2", "level": "town", "parent": "14", "name_zh": "新", "geometry": line})
    assert refused.status_code == 422
    assert {fault["path"] for fault in refused.json()["faults"]} == {"id", "level", "parent", "name_en", "geometry.type"}


async def test_an_area_is_retired_only_when_nothing_lies_in_it(grid: District) -> None:
    refused = await grid.admin("POST", "areas/13-1-1/retirement", WHY)
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "area 13-1-1 is in use by area 13-1-1-1, area 13-1-1-2: move or retire these first",
    )
    for area in ("13-1-1-1", "13-1-1-2", "13-1-1"):
        assert (await grid.admin("POST", f"areas/{area}/retirement", WHY)).status_code == 200
    assert await ids(grid, under="13-1") == ["13-1"]
    assert await ids(grid, under="13-1", retired=True) == ["13-1", "13-1-1", "13-1-1-1", "13-1-1-2"]
    answers = [
        await grid.admin("POST", "areas", GRID[2]),
        await grid.admin("PATCH", "areas/13-1-1", {"name_en": "x", **WHY}),
        await grid.admin("POST", "areas", {**GRID[3], "id": "13-1-1-3"}),
    ]
    assert [answer.status_code for answer in answers] == [409, 409, 422]
