"""Sites stand in cells of the grid: where they are put, what is refused, and what they lie under."""

from typing import Any

import pytest

from fleet.tests.district import District
from fleet.tests.test_areas import GRID, WHY

IN_CELL_1 = {"latitude": 36.15, "longitude": 114.15}


@pytest.fixture
async def grid(district: District) -> District:
    for area in GRID:
        assert (await district.admin("POST", "areas", area)).status_code == 201
    return district


async def add(district: District, site: str, **more: Any) -> Any:
    return await district.admin("POST", "sites", {"id": site, "name": "Gate", **IN_CELL_1, **more})


PLACED: dict[str, tuple[dict[str, Any], str | None]] = {
    "by its place": ({}, "13-1-1-1"),
    "by its place, outside every cell": ({"longitude": 114.9}, None),
    "by name, wherever it is": ({"area": "13-1-1-2"}, "13-1-1-2"),
    "a stand beside a reference": ({"kind": "colocation"}, "13-1-1-1"),
    "a mobile one nowhere by itself": ({"kind": "mobile"}, None),
    "a mobile one in a township": ({"kind": "mobile", "area": "13-1"}, "13-1"),
}


@pytest.mark.parametrize("case", PLACED.values(), ids=PLACED.keys())
async def test_a_site_is_put_into_its_area(grid: District, case: tuple[dict[str, Any], str | None]) -> None:
    body, area = case
    added = await add(grid, "s-2", **body)
    assert added.status_code == 201, added.text
    assert added.json() == await grid.read("sites/s-2")
    assert added.json()["area"] == area
    (change,) = (await grid.read("changes", what="site_added", subject="s-2"))["items"]
    assert change["after"]["area"] == area


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an area that there is not": ({"area": "14"}, "an existing area"),
    "a township": ({"area": "13-1"}, "a cell, for all but a mobile site; 13-1 is a township"),
    "a kind that there is not": ({"kind": "buoy"}, "one of fixed, mobile, reference, colocation"),
    "an inlet under the ground": ({"inlet_height_m": -1}, "0"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
async def test_a_wrong_place_is_refused_and_changes_nothing(grid: District, case: tuple[dict[str, Any], str]) -> None:
    body, said = case
    await add(grid, "s-2")
    before = await grid.read("sites"), await grid.read("changes")
    answers = await add(grid, "s-3", **body), await grid.admin("PATCH", "sites/s-2", {**body, **WHY})
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all(said in answer.text for answer in answers)
    assert (await grid.read("sites"), await grid.read("changes")) == before


async def test_what_is_said_of_a_site_is_corrected(grid: District) -> None:
    await add(grid, "s-2")
    wanted = {"area": "13-1-1-2", "kind": "reference", "inlet_height_m": 3.5, "surroundings": "路口 a crossing, ten metres from a road"}
    corrected = (await grid.admin("PATCH", "sites/s-2", {**wanted, **WHY})).json()
    assert {key: corrected[key] for key in wanted} == wanted
    (change,) = (await grid.read("changes", what="site_changed"))["items"]
    assert change["before"] == {"area": "13-1-1-1", "kind": "fixed", "inlet_height_m": None, "surroundings": ""}
    assert change["after"] == wanted


async def test_a_mobile_site_of_a_township_does_not_become_a_fixed_one_there(grid: District) -> None:
    await add(grid, "s-2", kind="mobile", area="13-1")
    assert (await grid.admin("PATCH", "sites/s-2", {"kind": "fixed", **WHY})).status_code == 422
    assert (await grid.admin("PATCH", "sites/s-2", {"kind": "fixed", "area": "13-1-1-1", **WHY})).status_code == 200


async def test_sites_are_listed_by_what_they_lie_under(grid: District) -> None:
    await add(grid, "s-2")
    await add(grid, "s-3", kind="mobile", area="13-2")
    listed = {area: [site["id"] for site in (await grid.read("sites", under=area))["items"]] for area in ("13", "13-1", "13-2", "13-1-1-2")}
    assert listed == {"13": ["s-2", "s-3"], "13-1": ["s-2"], "13-2": ["s-3"], "13-1-1-2": []}
    assert (await grid.admin("GET", "sites", under="14")).status_code == 404


async def test_an_area_with_a_site_is_not_retired(grid: District) -> None:
    await add(grid, "s-2")
    refused = await grid.admin("POST", "areas/13-1-1-1/retirement", WHY)
    assert (refused.status_code, refused.json()["detail"]) == (409, "area 13-1-1-1 is in use by site s-2: move or retire these first")
    await grid.admin("POST", "sites/s-2/retirement", WHY)
    assert (await grid.admin("POST", "areas/13-1-1-1/retirement", WHY)).status_code == 200
    assert (await add(grid, "s-3", area="13-1-1-1")).status_code == 422


MOVES: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {
    "into another cell": ({}, {"longitude": 114.25}, "13-1-1-2"),
    "out of every cell": ({}, {"longitude": 114.9}, None),
    "from outside into a cell": ({"longitude": 114.9}, {"longitude": 114.25}, "13-1-1-2"),
    "though it was put into another by name": ({"area": "13-1-1-2"}, {"longitude": 114.16}, "13-1-1-2"),
    "into one that is named": ({}, {"longitude": 114.25, "area": "13-1-1-1"}, "13-1-1-1"),
    "nowhere": ({}, {"name": "Gate 2"}, "13-1-1-1"),
}


@pytest.mark.parametrize("case", MOVES.values(), ids=MOVES.keys())
async def test_a_site_that_moves_on_the_map_goes_into_the_cell_it_lies_in(
    grid: District, case: tuple[dict[str, Any], dict[str, Any], str | None]
) -> None:
    added, moved, area = case
    await add(grid, "s-2", **added)
    assert (await grid.admin("PATCH", "sites/s-2", {**moved, **WHY})).json()["area"] == area
