"""Lists in pages: neither repeating nor skipping; a line of a list has what people look for, details have their own address."""

from typing import Any

import pytest

from fleet.tests.district import District, report


async def names(district: District, path: str, limit: int, name: str = "id", key: str = "items") -> list[Any]:
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page: dict[str, Any] = await district.read(path, limit=limit, **cursor)
        seen += [one[name] for one in page[key]]
        assert len(page[key]) <= limit
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
    for number in (3, 2):
        await district.admin("POST", "sites", {"id": f"s-{number}", "name": "Gate", "latitude": 31, "longitude": 121})
    assert await names(district, "sites", limit) == ["s-1", "s-2", "s-3"]
    assert await names(district, "latest", limit, "node") == ["n-1", "n-2", "n-3"]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_pages_of_log_lines_deployments_and_items_are_the_whole_list(district: District, limit: int) -> None:
    lines = [{"at_ms": at, "level": "info", "text": str(at)} for at in range(3)]
    await district.device("POST", "logs", {"lines": lines})
    assert await names(district, "logs", limit, "text") == ["2", "1", "0"]
    await district.add_gateway("g-2")
    for gateway in ("g-2", "g-1"):
        await district.admin("PATCH", "nodes/n-1", {"gateway": gateway, "reason": "r"})
    assert await names(district, "nodes/n-1/deployments", limit, "gateway") == ["g-1", "g-2", "g-1"]
    await district.ingest(*(report(seq) for seq in range(3)))
    assert await names(district, "nodes/n-1/items", limit, "seq") == [0, 1, 2]
    boots = ["0000000200000000", "0000000100000000", "0000000300000000"]
    await district.add_node("n-2")
    await district.ingest(*(report(1, node=node, boot=boot) for boot in boots for node in ("n-2", "g-1")))
    assert await names(district, "nodes/n-2/ledger", limit, "boot", "boots") == boots


async def test_a_page_of_a_ledger_has_what_is_missing_of_its_boots(district: District) -> None:
    boots = ["0000000100000000", "0000000200000000"]
    dropped = [{"node": "n-1", "boot": boot, "from": 2, "to": 2, "why": "ram_full"} for boot in boots]
    await district.ingest(*(report(seq, boot=boot) for boot in boots for seq in (0, 4)), dropped=dropped)
    whole = (await district.read("nodes/n-1/ledger"))["boots"]
    first = await district.read("nodes/n-1/ledger", limit=1)
    second = await district.read("nodes/n-1/ledger", limit=1, cursor=first["next"])
    assert first["boots"] + second["boots"] == whole and second["next"] is None
    assert [(boot["missing"], [one["from"] for one in boot["dropped"]]) for boot in whole] == [([[1, 1], [3, 3]], [2])] * 2
    for path, limit in (("nodes/n-1/ledger", 0), ("nodes/n-1/ledger", 1001)):
        assert (await district.admin("GET", path, limit=limit)).status_code == 422


async def test_every_list_of_the_api_is_a_page(district: District) -> None:
    paths = (await district.client.get("/openapi.json")).json()["paths"]
    for path, operations in paths.items():
        if "get" in operations and path.startswith("/api/v1/"):
            answered = operations["get"]["responses"]["200"]["content"].get("application/json", {}).get("schema", {})
            assert answered.get("type") != "array", path
            given = {one["name"] for one in operations["get"].get("parameters", [])}
            assert ("cursor" in given) <= ("limit" in given), path


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
