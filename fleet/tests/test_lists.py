"""Lists in pages: by name, neither repeating nor skipping; a line of a list has what people look for, details have their own address."""

from typing import Any

import pytest

from fleet.tests.district import District


async def names(district: District, path: str, limit: int) -> list[str]:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page: dict[str, Any] = await district.read(path, limit=limit, **cursor)
        seen += [one["id"] for one in page["items"]]
        assert len(page["items"]) <= limit
        if page["next"] is None:
            return seen
        cursor = {"cursor": page["next"]}


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_pages_of_nodes_and_gateways_are_the_whole_list(district: District, limit: int) -> None:
    for number in (3, 2):
        await district.add_gateway(f"g-{number}")
        await district.add_node(f"n-{number}")
    assert await names(district, "nodes", limit) == ["n-1", "n-2", "n-3"]
    assert await names(district, "gateways", limit) == ["g-1", "g-2", "g-3"]


async def test_an_entry_that_goes_while_pages_are_read_hides_no_other(district: District) -> None:
    await district.add_node("n-2")
    await district.add_node("n-3")
    first = await district.read("nodes", limit=2)
    await district.admin("POST", "nodes/n-2/retirement", {"reason": "gone"})
    assert [one["id"] for one in (await district.read("nodes", limit=2, cursor=first["next"]))["items"]] == ["n-3"]


async def test_counters_of_a_gateway_are_apart_from_the_list(district: District) -> None:
    await district.add_gateway("g-2")
    reported = {"version": 1, "ok": False, "state": "refused", "faults": ["rules: no"], "counters": {"items.stored": 7}}
    assert (await district.device("POST", "reported", reported)).status_code == 204
    await district.device("POST", "ingest", {"items": [1, 2]})
    first, second = (await district.read("gateways"))["items"]
    expected = {"id": "g-1", "reported_version": 1, "ok": False, "state": "refused", "refused": 2}
    assert expected.items() <= first.items() and not {"counters", "reported", "faults"} & first.keys()
    assert (second["id"], second["ok"], second["refused"]) == ("g-2", None, 0)
    details = await district.read("gateways/g-1")
    assert details["counters"] == {"items.stored": 7} and details["reported"]["faults"] == ["rules: no"]


@pytest.mark.parametrize(("path", "query"), [("nodes", {"cursor": "No Node"}), ("gateways", {"limit": 0}), ("nodes", {"limit": 1001})])
async def test_a_page_that_cannot_be_is_refused(district: District, path: str, query: dict[str, Any]) -> None:
    assert (await district.admin("GET", path, **query)).status_code == 422
