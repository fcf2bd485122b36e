"""Retired nodes and gateways: out of lists and documents at once, their history stays, their names are taken."""

from typing import Any

import pytest

from fleet.tests.district import START_MS, District, in_ms
from fleet.tests.test_alarms import CLEAR, RAISE, alarms
from fleet.tests.things import HOUR_MS, WHY, at, done, listed, measured, newest_change, of_node, of_site, refused
from fleet.tests.two_areas import text_of


async def test_a_retired_node_leaves_the_lists_and_its_history_stays(district: District) -> None:
    await district.add_node("n-2")
    await district.ingest(measured("n-1", 1, 10), measured("n-1", 5, 50))  # the second one of a clock that is ahead
    at(district, 2)
    retired = await done(district, "POST", "nodes/n-1/retirement")
    assert (retired["node"]["retired_ms"], retired["node"]["left_ms"]) == (START_MS + 2 * HOUR_MS,) * 2
    assert [node["id"] for node in (await district.read("nodes"))["items"]] == ["n-2"]
    assert [node["id"] for node in (await district.read("nodes", retired=True))["items"]] == ["n-1", "n-2"]
    assert [latest["node"] for latest in (await district.read("latest"))["items"]] == ["n-2"]
    assert await of_node(district, "n-1") == [(1, 10.0), (5, 50.0)]
    assert (await of_site(district, "s-1"))[1] == [(1, 10.0)]
    ledger = in_ms(await district.read("nodes/n-1/ledger"))
    assert ledger["hardware"] == [{"number": 1, "from_ms": START_MS, "to_ms": START_MS + 2 * HOUR_MS}]


async def test_the_key_of_a_retired_node_is_gone_from_documents_and_store(district: District) -> None:
    key = (await listed(district))["n-1"]["key"]
    retired = await done(district, "POST", "nodes/n-1/retirement")
    document = await district.device("GET", "desired")
    assert (document.json()["document"]["nodes"], retired["documents"]) == ([], {"g-1": document.json()["document"]["version"]})
    stored = district.service.read(lambda connection: connection.exec_driver_sql("SELECT key_hex FROM node WHERE id = 'n-1'").scalar())
    assert stored != key


async def test_what_a_gateway_still_holds_of_a_retired_node_is_taken(district: District) -> None:
    at(district, 2)
    await done(district, "POST", "nodes/n-1/retirement")
    assert await district.statuses(measured("n-1", 1, 10), measured("n-1", 3, 30)) == ["accepted"] * 2
    assert await of_node(district, "n-1") == [(1, 10.0), (3, 30.0)]


async def test_nothing_changes_of_a_retired_node_and_its_name_is_taken(district: District) -> None:
    await done(district, "POST", "nodes/n-1/retirement")
    assert (await district.add_node("n-1")).status_code == 409
    await district.add_gateway("g-2")
    detail = (await refused(district, "PATCH", "nodes/n-1", 409, gateway="g-2"))["detail"]
    assert detail.startswith("node n-1 is retired: its history stays")
    await refused(district, "POST", "nodes/n-1/retirement", 409)
    await refused(district, "POST", "nodes/n-1/hardware", 409, sensors="kept")
    await refused(district, "PUT", "nodes/n-1/settings", 409, settings={})


async def test_a_retired_gateway_has_no_access_from_then_on_and_its_nodes_are_named(district: District) -> None:
    code = (await district.admin("POST", "gateways/g-1/enrolment")).json()["enrolment_code"]
    await district.ingest(measured("n-1", 1, 10), measured("g-1", 1, 90))
    at(district, 2)
    retired = await done(district, "POST", "gateways/g-1/retirement")
    assert (retired["gateway"]["retired_ms"], retired["nodes_left"]) == (START_MS + 2 * HOUR_MS, ["n-1"])
    assert (await district.device("POST", "ingest", {"items": []})).status_code == 401
    assert (await district.enrol(code)).status_code == 403
    assert (await district.read("gateways"))["items"] == []
    assert [gateway["id"] for gateway in (await district.read("gateways", retired=True))["items"]] == ["g-1"]
    assert [node["id"] for node in (await district.read("nodes"))["items"]] == ["n-1"]
    assert await of_node(district, "g-1") == [(1, 90.0)]
    change = await newest_change(district, "gateway_retired")
    assert change["after"] == {"retired_ms": START_MS + 2 * HOUR_MS, "nodes_left": ["n-1"]}


async def test_nothing_changes_of_a_retired_gateway_but_its_nodes_may_leave_it(district: District) -> None:
    token = await district.add_gateway("g-2")
    await done(district, "POST", "gateways/g-1/retirement")
    assert (await district.admin("POST", "gateways", {"id": "g-1", "site": "s-1"})).status_code == 409
    assert (await district.add_node("n-2")).status_code == 409
    await refused(district, "POST", "gateways/g-1/retirement", 409)
    await refused(district, "POST", "gateways/g-1/enrolment", 409)
    await refused(district, "PUT", "gateways/g-1/configuration", 409, rules=[])
    await done(district, "PATCH", "nodes/n-1", gateway="g-2")
    assert list(await listed(district, token)) == ["n-1"]


_CHANGES = [
    ("PUT", "nodes/n-1/settings", {"settings": {}}),
    ("PATCH", "nodes/n-1/settings", {"settings": {"period_ms": 5000}}),
    ("POST", "nodes/n-1/settings/undo", {}),
    ("PUT", "gateways/g-1/configuration", {"rules": []}),
    ("PATCH", "gateways/g-1/configuration", {"settings": {"trial_s": 60}}),
    ("POST", "gateways/g-1/configuration/rules/undo", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), _CHANGES, ids=[f"{method} {path}" for method, path, _ in _CHANGES])
async def test_a_dry_run_is_refused_as_the_change_is(district: District, method: str, path: str, body: dict[str, Any]) -> None:
    for thing in ("nodes/n-1", "gateways/g-1"):
        await done(district, "POST", f"{thing}/retirement")
    nowhere = path.replace("n-1", "n-9").replace("g-1", "g-9")
    for address, status in ((path, 409), (nowhere, 404)):
        answers = [await district.admin(method, address, {**WHY, **body}, **query) for query in ({}, {"dry_run": True})]
        assert [answer.status_code for answer in answers] == [status] * 2
        assert text_of(answers[0]) == text_of(answers[1])


@pytest.mark.parametrize("thing", ["nodes/n-1", "gateways/g-1"])
async def test_an_alarm_of_what_is_retired_ends(district: District, thing: str) -> None:
    await district.add_node("n-2")
    await district.ingest(RAISE)
    assert [alarm["state"] for alarm in await alarms(district)] == ["open"]
    await done(district, "POST", "nodes/n-2/retirement")
    assert [alarm["state"] for alarm in await alarms(district)] == ["open"]
    at(district, 2)
    await done(district, "POST", f"{thing}/retirement")
    (alarm,) = await alarms(district)
    assert (alarm["state"], alarm["ended_by"], alarm["until_ms"]) == ("past", "retired", START_MS + 2 * HOUR_MS)


async def test_an_end_that_is_reported_after_the_retirement_counts(district: District) -> None:
    await district.ingest(RAISE)
    await done(district, "POST", "nodes/n-1/retirement")
    await district.ingest(CLEAR)
    (alarm,) = await alarms(district)
    assert (alarm["state"], alarm["ended_by"]) == ("past", "condition")


_LEAVING: dict[str, tuple[str, str, dict[str, Any]]] = {
    "moved": ("PATCH", "nodes/n-1", {"gateway": "g-2"}),
    "retired": ("POST", "nodes/n-1/retirement", {}),
    "exchanged": ("POST", "nodes/n-1/hardware", {"sensors": "kept"}),
}


@pytest.mark.parametrize("way", _LEAVING.values(), ids=_LEAVING.keys())
async def test_what_a_retired_gateway_was_to_do_holds_none_of_its_nodes(district: District, way: tuple[str, str, dict[str, Any]]) -> None:
    method, path, body = way
    await district.add_gateway("g-2")
    rule = {"id": "r", "version": 1, "kind": "silent", "after_s": 60, "nodes": ["n-1"]}
    await done(district, "PUT", "gateways/g-1/configuration", rules=[rule])
    await done(district, "POST", "gateways/g-1/retirement")
    await done(district, method, path, **body)


async def test_a_node_of_a_retired_gateway_is_replaced_at_another(district: District) -> None:
    token = await district.add_gateway("g-2")
    rule = {"id": "r", "version": 1, "kind": "silent", "after_s": 60, "nodes": ["n-1"]}
    await done(district, "PUT", "gateways/g-1/configuration", rules=[rule])
    await done(district, "POST", "gateways/g-1/retirement")
    assert (await district.add_node("n-2", "g-2", replaces="n-1")).status_code == 201
    assert list(await listed(district, token)) == ["n-2"]


async def test_a_site_can_be_retired_once_all_have_left(district: District) -> None:
    await refused(district, "POST", "sites/s-1/retirement", 409)
    await done(district, "POST", "gateways/g-1/retirement")
    problem = await refused(district, "POST", "sites/s-1/retirement", 409)
    assert problem["detail"] == "site s-1 is in use by node n-1: move or retire these first"
    await done(district, "POST", "nodes/n-1/retirement")
    await done(district, "POST", "sites/s-1/retirement")


async def test_a_gateway_that_was_enrolled_again_delivers_again_without_doubles(district: District) -> None:
    await district.ingest(measured("n-1", 1, 10))
    code = (await done(district, "POST", "gateways/g-1/enrolment"))["enrolment_code"]
    assert (await newest_change(district, "enrolment_code_created"))["reason"] == "the roof is rebuilt"
    token = (await district.enrol(code)).json()["token"]
    district.time.now_ms += 1000  # how long a token is remembered
    assert (await district.device("POST", "ingest", {"items": []})).status_code == 401
    assert await district.statuses(measured("n-1", 1, 10), measured("n-1", 2, 20), token=token) == ["duplicate", "accepted"]
