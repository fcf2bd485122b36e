"""Sites are corrected and retired, and the record of changes has who did it, why, and what it was before."""

from typing import Any

import pytest

from fleet.tests.district import START_MS, District, in_ms

_WHY = {"reason": "the surveyor's coordinates"}


async def add_site(district: District, site: str) -> None:
    added = await district.admin("POST", "sites", {"id": site, "name": "Gate", "latitude": 31.2, "longitude": 121.5})
    assert added.status_code == 201, added.text


async def changes(district: District, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await district.read("changes", **query))["items"]
    return found


_CORRECTIONS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "a place": ({"latitude": 31.5, "longitude": 121}, {"latitude": 31.2, "longitude": 121.5}, {"latitude": 31.5, "longitude": 121}),
    "a name": ({"name": "东门 East Gate"}, {"name": "Bridge"}, {"name": "东门 East Gate"}),
    "one of two is as it was": ({"name": "Bridge", "latitude": 30.0}, {"latitude": 31.2}, {"latitude": 30.0}),
}


@pytest.mark.parametrize("case", _CORRECTIONS.values(), ids=_CORRECTIONS.keys())
async def test_a_site_is_corrected(district: District, case: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]) -> None:
    wanted, before, after = case
    district.time.now_ms += 1000
    corrected = await district.admin("PATCH", "sites/s-1", {**wanted, **_WHY})
    assert corrected.status_code == 200, corrected.text
    assert corrected.json() == await district.read("sites/s-1")
    assert {key: corrected.json()[key] for key in wanted} == wanted
    (change,) = await changes(district, what="site_changed")
    assert in_ms({**change, "id": 0}) == {
        "id": 0, "at_ms": START_MS + 1000, "actor": "token", "who": "ada", "what": "site_changed", "subject": "s-1",
        "reason": _WHY["reason"], "before": before, "after": after,
    }  # fmt: skip


_REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "without a reason": ({"name": "x"}, 422),
    "with an empty reason": ({"name": "x", "reason": ""}, 422),
    "of nothing": (_WHY, 422),
    "of a name": ({"id": "s-3", **_WHY}, 422),
    "beyond the pole": ({"latitude": 90.1, **_WHY}, 422),
}


@pytest.mark.parametrize("case", _REFUSED.values(), ids=_REFUSED.keys())
async def test_a_wrong_correction_changes_nothing(district: District, case: tuple[dict[str, Any], int]) -> None:
    body, status = case
    before = await district.read("sites/s-1"), await changes(district)
    assert (await district.admin("PATCH", "sites/s-1", body)).status_code == status
    assert (await district.read("sites/s-1"), await changes(district)) == before


async def test_a_site_is_retired_only_when_nothing_stands_there(district: District) -> None:
    await district.add_node("n-2")
    refused = await district.admin("POST", "sites/s-1/retirement", _WHY)
    assert refused.status_code == 409
    assert refused.json()["detail"] == "site s-1 is in use by gateway g-1, node n-1, node n-2: move or retire these first"
    await add_site(district, "s-2")
    retired = await district.admin("POST", "sites/s-2/retirement", _WHY)
    assert (retired.status_code, retired.json()["retired_ms"]) == (200, START_MS)
    assert [site["id"] for site in (await district.read("sites"))["items"]] == ["s-1"]
    assert [site["id"] for site in (await district.read("sites", retired=True))["items"]] == ["s-1", "s-2"]


async def test_nothing_changes_at_a_retired_site_and_its_name_is_taken(district: District) -> None:
    await add_site(district, "s-2")
    await district.admin("POST", "sites/s-2/retirement", _WHY)
    answers = [
        await district.admin("POST", "sites", {"id": "s-2", "name": "Gate", "latitude": 31.2, "longitude": 121.5}),
        await district.admin("PATCH", "sites/s-2", {"name": "Gate 2", **_WHY}),
        await district.admin("POST", "sites/s-2/retirement", _WHY),
        await district.admin("POST", "gateways", {"id": "g-2", "site": "s-2"}),
        await district.admin("POST", "nodes", {"id": "n-2", "gateway": "g-1", "site": "s-2"}),
    ]
    assert [answer.status_code for answer in answers] == [409] * 5
    assert "site s-2 is retired" in answers[1].json()["detail"]


async def test_changes_are_found_by_who_what_subject_and_time(district: District) -> None:
    for second, site in enumerate(("s-2", "s-3", "s-4")):
        district.time.now_ms = START_MS + 1000 * (second + 1)
        await add_site(district, site)
    at = START_MS + 2000
    found = {
        "subject": [change["what"] for change in await changes(district, subject="s-3")],
        "what": [change["subject"] for change in await changes(district, what="site_added")],
        "who": {change["who"] for change in await changes(district, who="ada")},
        "time": [change["subject"] for change in await changes(district, from_ms=at, to_ms=at + 1)],
    }
    assert found == {"subject": ["site_added"], "what": ["s-4", "s-3", "s-2", "s-1"], "who": {"ada"}, "time": ["s-3"]}
    assert (await district.admin("GET", "changes", what="site_moved_away")).status_code == 422


async def test_changes_are_read_page_by_page(district: District) -> None:
    for number in range(2, 7):
        await add_site(district, f"s-{number}")
    whole = await changes(district)
    pages: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await district.read("changes", limit=2, **cursor)
        pages += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert pages == whole and len(whole) > 6
    assert (await district.admin("GET", "changes", cursor="x")).status_code == 422
