"""Nodes and gateways go to other gateways and sites: nothing is lost or double, series stay with the place, documents follow at once."""

from typing import Any

import pytest

from fleet.tests.district import START_MS, TVOC, District, applied, hello, report
from fleet.tests.things import (
    HOUR_MS,
    WHY,
    add_site,
    at,
    clear,
    document,
    done,
    listed,
    measured,
    newest_change,
    of_node,
    of_site,
    refused,
)


async def _whole(district: District) -> list[Any]:
    return [await document(district), *[await district.read(path) for path in ("nodes", "gateways", "changes")]]


async def configure(district: District, **parts: Any) -> None:
    await done(district, "PUT", "gateways/g-1/configuration", **parts)


async def test_a_node_goes_to_another_gateway_with_its_key_and_its_settings(district: District) -> None:
    token = await district.add_gateway("g-2")
    settings = {"period_ms": 2000, "sensors": [{"slot": 0, "part": "pms5003", "port": 0}]}
    await done(district, "PUT", "nodes/n-1/settings", settings=settings)
    before = (await listed(district))["n-1"]
    moved = await done(district, "PATCH", "nodes/n-1", gateway="g-2")
    assert (await listed(district), await listed(district, token)) == ({}, {"n-1": before})
    versions = {"g-1": (await document(district))["version"], "g-2": (await document(district, token))["version"]}
    assert (moved["node"]["gateway"], moved["documents"], moved["warnings"]) == ("g-2", versions, [])
    change = await newest_change(district, "node_moved")
    assert (change["who"], change["reason"], change["before"], change["after"]) == (
        "ada", WHY["reason"], {"gateway": "g-1"}, {"gateway": "g-2"},
    )  # fmt: skip


async def test_reports_of_a_moved_node_are_in_the_record_once_whichever_gateway_delivers_them(district: District) -> None:
    token = await district.add_gateway("g-2")
    await district.ingest(measured("n-1", 1, 10))
    at(district, 2)
    await done(district, "PATCH", "nodes/n-1", gateway="g-2")
    # The old gateway still holds two, one of them of a time after the move; both gateways have the last.
    assert await district.statuses(measured("n-1", 1.5, 15), measured("n-1", 2.5, 25)) == ["accepted"] * 2
    assert await district.statuses(measured("n-1", 2.5, 25), measured("n-1", 3, 30), token=token) == ["duplicate", "accepted"]
    assert await district.statuses(measured("n-1", 3, 30)) == ["duplicate"]
    expected = [(1, 10.0), (1.5, 15.0), (2.5, 25.0), (3, 30.0)]
    assert (await of_node(district, "n-1"), await of_site(district, "s-1")) == (expected, {1: expected})


async def test_what_a_moved_node_had_last_is_still_its_newest_value(district: District) -> None:
    await district.add_gateway("g-2")
    await district.ingest(measured("n-1", 1, 10))
    at(district, 2)
    await done(district, "PATCH", "nodes/n-1", gateway="g-2")
    (latest,) = (await district.read("latest"))["items"]
    assert (latest["node"], [channel["value"] for channel in latest["channels"]]) == ("n-1", [10.0])
    await done(district, "PATCH", "nodes/n-1", gateway="g-1")
    (latest,) = (await district.read("latest"))["items"]
    assert [channel["value"] for channel in latest["channels"]] == [10.0]


async def test_a_replacement_that_moved_has_no_latest_value_of_its_predecessor(district: District) -> None:
    await district.add_gateway("g-2")
    await district.ingest(measured("n-1", 1, 10))
    at(district, 2)
    await district.add_node("n-2", replaces="n-1")
    await district.ingest(report(900, [[0, TVOC, 0, 1, 5, 5, 5]], node="n-2"))
    at(district, 3)
    await done(district, "PATCH", "nodes/n-2", gateway="g-2")
    (latest,) = (await district.read("latest"))["items"]
    assert (latest["node"], [channel["quantity"] for channel in latest["channels"]]) == ("n-2", ["tvoc"])


async def test_a_node_at_another_site_begins_new_series_there(district: District) -> None:
    await add_site(district, "s-2")
    await district.ingest(measured("n-1", 1, 10), measured("n-1", 5, 50))  # the second one of a clock that is ahead
    at(district, 2)
    moved = await done(district, "PATCH", "nodes/n-1", site="s-2")
    assert (moved["node"]["site"], moved["documents"]) == ("s-2", {})
    assert moved["warnings"] == ["node n-1 is at site s-2, its gateway g-1 at site s-1"]
    await district.ingest(measured("n-1", 1.5, 15), measured("n-1", 3, 30))
    assert await of_site(district, "s-1") == {1: [(1, 10.0), (1.5, 15.0)]}
    assert await of_site(district, "s-2") == {1: [(3, 30.0), (5, 50.0)]}
    assert await of_node(district, "n-1") == [(1, 10.0), (1.5, 15.0), (3, 30.0), (5, 50.0)]
    deployments = (await district.read("nodes/n-1/deployments"))["items"]
    spans = [(one["site"], one["from_ms"] - START_MS, one["to_ms"] and one["to_ms"] - START_MS) for one in deployments]
    assert spans == [("s-1", 0, 2 * HOUR_MS), ("s-2", 2 * HOUR_MS, None)]


async def test_a_node_and_its_gateway_go_to_another_site_together(district: District) -> None:
    await add_site(district, "s-2")
    await district.ingest(measured("n-1", 1, 10), measured("g-1", 1, 90))
    at(district, 2)
    moved = await done(district, "PATCH", "gateways/g-1", site="s-2", notes="on the roof")
    assert (moved["gateway"]["site"], moved["gateway"]["notes"]) == ("s-2", "on the roof")
    assert moved["warnings"] == ["node n-1 is at site s-1, its gateway g-1 at site s-2"]
    assert (await done(district, "PATCH", "nodes/n-1", site="s-2"))["warnings"] == []
    await district.ingest(measured("n-1", 3, 30), measured("g-1", 3, 93))
    assert await of_site(district, "s-1") == {1: [(1, 10.0)], 2: [(1, 90.0)]}
    assert sorted((await of_site(district, "s-2")).values()) == [[(3, 30.0)], [(3, 93.0)]]
    change = await newest_change(district, "gateway_changed")
    assert (change["before"], change["after"]) == ({"site": "s-1", "notes": ""}, {"site": "s-2", "notes": "on the roof"})
    assert (await done(district, "POST", "sites/s-1/retirement"))["retired_ms"] == START_MS + 2 * HOUR_MS


async def test_a_replaced_node_may_be_deployed_again_elsewhere(district: District) -> None:
    await add_site(district, "s-2")
    await district.ingest(measured("n-1", 1, 10))
    at(district, 2)
    await district.add_node("n-2", replaces="n-1")
    assert (await district.read("nodes/n-1"))["left_ms"] == START_MS + 2 * HOUR_MS
    at(district, 4)
    moved = await done(district, "PATCH", "nodes/n-1", site="s-2")
    assert (list(moved["documents"]), sorted(await listed(district))) == (["g-1"], ["n-1", "n-2"])
    await district.ingest(measured("n-1", 5, 50), measured("n-2", 5, 20))
    assert (await of_site(district, "s-1"), await of_site(district, "s-2")) == ({1: [(1, 10.0), (5, 20.0)]}, {1: [(5, 50.0)]})


_NAMED: dict[str, tuple[dict[str, Any], str]] = {
    "a rule": ({"rules": [{"id": "r", "version": 1, "kind": "silent", "after_s": 60, "nodes": ["n-1"]}]}, "rules[0].nodes[0]"),
    "a calibration": (
        {"calibrations": [{"id": "c", "version": 1, "node": "n-1", "slot": 0, "quantity": "pm2_5_cf1", "from_ms": 1, "model": "linear"}]},
        "calibrations[0].node",
    ),
    "a source": (
        {"sources": [{"source": "x", "kind": "nodes", "port": "p", "nodes": [{"node": "n-1", "address": 1}]}]},
        "sources[0].nodes[0].node",
    ),
}
_WAYS = {"moved": ("PATCH", "nodes/n-1", {"gateway": "g-2"}), "retired": ("POST", "nodes/n-1/retirement", {})}


@pytest.mark.parametrize("way", _WAYS.values(), ids=_WAYS.keys())
@pytest.mark.parametrize("case", _NAMED.values(), ids=_NAMED.keys())
async def test_a_node_that_is_named_does_not_leave_its_gateway(
    district: District, case: tuple[dict[str, Any], str], way: tuple[str, str, dict[str, Any]]
) -> None:
    parts, path = case
    method, route, body = way
    token = await district.add_gateway("g-2")
    await configure(district, **parts)
    before = [await _whole(district), await document(district, token)]
    problem = await refused(district, method, route, 422, **body)
    assert [fault["path"] for fault in problem["faults"]] == [path]
    assert "another node than n-1, which leaves gateway g-1: first remove the entry" in problem["faults"][0]["allowed"]
    assert [await _whole(district), await document(district, token)] == before
    await clear(district, *parts)
    await done(district, method, route, **body)
    assert await listed(district) == {}


_WRONG: dict[str, tuple[str, dict[str, Any], int]] = {
    "nowhere else": ("nodes/n-1", {}, 422),
    "to where it is": ("nodes/n-1", {"site": "s-1", "gateway": "g-1"}, 422),
    "to no site": ("nodes/n-1", {"site": "s-9"}, 404),
    "to no gateway": ("nodes/n-1", {"gateway": "g-9"}, 404),
    "to a retired gateway": ("nodes/n-1", {"gateway": "g-2"}, 409),
    "to a retired site": ("nodes/n-1", {"site": "s-2"}, 409),
    "a gateway as a node": ("nodes/g-1", {"site": "s-3"}, 404),
    "a gateway to a retired site": ("gateways/g-1", {"site": "s-2"}, 409),
    "a gateway nowhere else": ("gateways/g-1", {}, 422),
    "a retired gateway": ("gateways/g-2", {"site": "s-3"}, 409),
}


@pytest.mark.parametrize("case", _WRONG.values(), ids=_WRONG.keys())
async def test_a_wrong_move_changes_nothing(district: District, case: tuple[str, dict[str, Any], int]) -> None:
    path, body, status = case
    await add_site(district, "s-2")
    await add_site(district, "s-3")
    await district.add_gateway("g-2")
    await done(district, "POST", "gateways/g-2/retirement")
    await done(district, "POST", "sites/s-2/retirement")
    before = await _whole(district)
    await refused(district, "PATCH", path, status, **body)
    assert await _whole(district) == before


async def test_the_answer_of_a_node_counts_from_the_gateway_that_it_went_to(district: District) -> None:
    token = await district.add_gateway("g-2")
    await done(district, "PATCH", "nodes/n-1", gateway="g-2")
    await done(district, "PUT", "nodes/n-1/settings", settings={"period_ms": 2000})
    await district.ingest(hello(), applied(1, 1), token=token)
    assert (await district.read("nodes/n-1/settings"))["state"] == "confirmed"


async def test_a_node_of_another_site_than_its_gateway_is_named_when_it_is_registered(district: District) -> None:
    await add_site(district, "s-2")
    added = (await district.admin("POST", "nodes", {"id": "n-2", "gateway": "g-1", "site": "s-2"})).json()
    assert added["warnings"] == ["node n-2 is at site s-2, its gateway g-1 at site s-1"]
    assert (await district.add_node("n-3")).json()["warnings"] == []
