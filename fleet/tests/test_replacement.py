"""Series follow the site: nodes are exchanged, the series of their positions go on, and no position has two sensors at a time."""

from typing import Any

import pytest
from sqlalchemy import event, select

from contract.site.rules import MAX_VERSION
from fleet.people.tables import change
from fleet.tests.district import BOOT, LATER_BOOT, PM2_5, START_MS, TVOC, District, report
from fleet.tests.things import clear

HOUR_MS = 3_600_000
SPAN = {"from_ms": 0, "to_ms": START_MS + 100 * HOUR_MS}


def measured(node: str, at_ms: int, value: int, slot: int = 0, quantity: int = PM2_5, **more: Any) -> dict[str, Any]:
    """A period of 10 s of this node that began at START_MS + at_ms."""
    return report(at_ms // 10_000, [[slot, quantity, 0, 1, value, value, value]], node=node, **more)


async def replace(district: District, old: str, new: str, at_ms: int, gateway: str = "g-1") -> None:
    district.time.now_ms = START_MS + at_ms
    response = await district.add_node(new, gateway, replaces=old)
    assert response.status_code == 201, response.text


async def of_site(district: District, **query: Any) -> dict[int, dict[str, Any]]:
    found = await district.read("sites/s-1/series", **{"quantity": "pm2_5_cf1", **SPAN, **query})
    return {of_position["position"]: of_position for of_position in found["positions"]}


def values(of_position: dict[str, Any]) -> list[tuple[int, float]]:
    return [((point["start_ms"] - START_MS) // HOUR_MS, point["value"]) for point in of_position["points"]]


async def of_node(district: District, node: str, **query: Any) -> list[tuple[int, float]]:
    return values(await district.read(f"nodes/{node}/series", **{"quantity": "pm2_5_cf1", **SPAN, **query}))


async def test_two_exchanges_beside_an_instrument_of_the_gateway_leave_one_unbroken_series_per_position(district: District) -> None:
    await district.ingest(measured("n-1", HOUR_MS, 100), measured("g-1", HOUR_MS, 9000))
    await replace(district, "n-1", "n-2", 2 * HOUR_MS)
    await district.ingest(measured("n-2", 3 * HOUR_MS, 200), measured("g-1", 3 * HOUR_MS, 9100))
    await replace(district, "n-2", "n-3", 4 * HOUR_MS)
    await district.ingest(measured("n-3", 5 * HOUR_MS, 300), measured("g-1", 5 * HOUR_MS, 9200))
    positions = await of_site(district)
    assert {number: values(of_position) for number, of_position in positions.items()} == {
        1: [(1, 1.0), (3, 2.0), (5, 3.0)],
        2: [(1, 90.0), (3, 91.0), (5, 92.0)],
    }
    occupants = [(one["node"], one["slot"], one["to_ms"] and one["to_ms"] - START_MS) for one in positions[1]["occupants"]]
    assert occupants == [("n-1", 0, 2 * HOUR_MS), ("n-2", 0, 4 * HOUR_MS), ("n-3", 0, None)]
    assert [one["node"] for one in positions[2]["occupants"]] == ["g-1"]


async def test_each_node_reads_as_what_it_reported_itself(district: District) -> None:
    await district.ingest(measured("n-1", HOUR_MS, 100))
    await replace(district, "n-1", "n-2", 2 * HOUR_MS)
    await district.ingest(measured("n-2", 3 * HOUR_MS, 200))
    assert (await of_node(district, "n-1"), await of_node(district, "n-2")) == ([(1, 1.0)], [(3, 2.0)])
    district.time.now_ms = START_MS + 4 * HOUR_MS
    (latest,) = (await district.read("latest"))["items"]
    assert (latest["node"], [channel["value"] for channel in latest["channels"]]) == ("n-2", [2.0])
    assert [node["id"] for node in (await district.read("nodes"))["items"]] == ["n-2"]
    assert (await district.read("nodes/n-1"))["site"] == "s-1"
    assert (await district.read("nodes/n-1/ledger"))["boots"][0]["received"] == 1


async def test_before_its_first_report_a_replacement_has_no_latest_value_of_its_predecessor(district: District) -> None:
    await district.ingest(measured("n-1", HOUR_MS, 100))
    await replace(district, "n-1", "n-2", 2 * HOUR_MS)
    await district.ingest(measured("n-2", 3 * HOUR_MS, 5, quantity=TVOC))
    district.time.now_ms = START_MS + 4 * HOUR_MS
    (latest,) = (await district.read("latest"))["items"]
    assert [channel["quantity"] for channel in latest["channels"]] == ["tvoc"]


async def test_a_late_report_of_the_old_node_goes_to_its_position(district: District) -> None:
    await replace(district, "n-1", "n-2", 2 * HOUR_MS)
    await district.ingest(measured("n-2", 3 * HOUR_MS, 200))
    await district.ingest(measured("n-1", HOUR_MS, 100))
    positions = await of_site(district)
    assert {number: values(of_position) for number, of_position in positions.items()} == {1: [(1, 1.0), (3, 2.0)]}


async def test_a_report_dated_outside_the_deployment_is_kept_at_a_position_of_its_own(district: District) -> None:
    await district.ingest(measured("n-1", HOUR_MS, 100))
    await replace(district, "n-1", "n-2", 2 * HOUR_MS)
    late = [measured("n-1", 3 * HOUR_MS, 110), measured("n-2", HOUR_MS, 190), measured("n-2", 3 * HOUR_MS, 200)]
    assert await district.statuses(*late) == ["accepted"] * 3
    positions = await of_site(district)
    assert values(positions[1]) == [(1, 1.0), (3, 2.0)]
    outside = [(values(of_position), [one["node"] for one in of_position["occupants"]]) for of_position in list(positions.values())[1:]]
    assert outside == [([(3, 1.1)], ["n-1"]), ([(1, 1.9)], ["n-2"])]
    assert all(one["outside"] for of_position in list(positions.values())[1:] for one in of_position["occupants"])
    assert (await of_node(district, "n-1"), await of_node(district, "n-2")) == ([(1, 1.0), (3, 1.1)], [(1, 1.9), (3, 2.0)])


async def test_what_was_stored_of_the_old_node_beyond_the_exchange_gives_way(district: District) -> None:
    await district.ingest(measured("n-1", HOUR_MS, 100), measured("n-1", 3 * HOUR_MS, 110))
    await replace(district, "n-1", "n-2", 2 * HOUR_MS)
    await district.ingest(measured("n-2", 3 * HOUR_MS, 200))
    positions = await of_site(district)
    assert [values(positions[number]) for number in (1, 2)] == [[(1, 1.0), (3, 2.0)], [(3, 1.1)]]
    assert await of_node(district, "n-1") == [(1, 1.0), (3, 1.1)]


async def test_a_repaired_time_moves_the_value_to_where_its_node_was_then(district: District) -> None:
    await district.ingest(measured("n-1", HOUR_MS, 100))
    await replace(district, "n-1", "n-2", 2 * HOUR_MS)
    loose = measured("n-1", 3 * HOUR_MS, 110, boot=LATER_BOOT, how="bounds", start_ms=START_MS + 3 * HOUR_MS, error_ms=5 * HOUR_MS)
    await district.ingest(loose, measured("n-1", 4 * HOUR_MS, 120))
    anchor = {"node": "n-1", "boot": LATER_BOOT, "offset_ms": START_MS - 2 * HOUR_MS, "error_ms": 30}
    await district.ingest(anchors=[anchor])
    positions = await of_site(district)
    assert values(positions[1]) == [(1, 1.0), (1, 1.1)]
    assert await of_node(district, "n-1") == [(1, 1.0), (1, 1.1), (4, 1.2)]
    (first, repaired) = positions[1]["points"]
    assert (first["how"], repaired["how"], repaired["error_ms"]) == ("node", "anchor", 30)


async def test_steps_over_an_exchange_average_both_nodes(district: District) -> None:
    await district.ingest(measured("n-1", HOUR_MS, 100))
    await replace(district, "n-1", "n-2", 2 * HOUR_MS)
    await district.ingest(measured("n-2", 3 * HOUR_MS, 200))
    span = {"from_ms": START_MS, "to_ms": START_MS + 4 * HOUR_MS, "step_ms": 4 * HOUR_MS}
    assert values((await of_site(district, **span))[1]) == [(0, 1.5)]
    assert await of_node(district, "n-1", **span) == [(0, 1.0)]


async def test_one_position_can_be_asked_for_alone(district: District) -> None:
    await district.ingest(measured("n-1", HOUR_MS, 100), measured("n-1", HOUR_MS + 10_000, 200, slot=3))
    assert {number: of_position["points"][0]["slot"] for number, of_position in (await of_site(district)).items()} == {1: 0, 2: 3}
    assert list(await of_site(district, position=2)) == [2]
    assert (await district.admin("GET", "sites/s-9/series", quantity="tvoc")).status_code == 404


async def test_the_gateways_of_both_nodes_get_a_new_document(district: District) -> None:
    token = await district.add_gateway("g-2")
    before = (await district.device("GET", "desired")).json()["document"]
    await replace(district, "n-1", "n-2", HOUR_MS, gateway="g-2")
    after = (await district.device("GET", "desired")).json()["document"]
    assert ([node["node"] for node in before["nodes"]], [node["node"] for node in after["nodes"]]) == (["n-1"], [])
    (node,) = (await district.device("GET", "desired", token=token)).json()["document"]["nodes"]
    assert node["node"] == "n-2"


def _rule(name: str, *nodes: str) -> dict[str, Any]:
    return {"id": name, "version": 3, "kind": "silent", "after_s": 60, "nodes": list(nodes)}


def _calibration(node: str) -> dict[str, Any]:
    return {"id": "c", "version": 1, "node": node, "slot": 0, "quantity": "pm2_5_cf1", "from_ms": 1, "model": "linear"}


async def _configure(district: District, **parts: Any) -> None:
    response = await district.admin("PUT", "gateways/g-1/configuration", {"reason": "dust season", **parts})
    assert response.status_code == 200, response.text


async def test_rules_that_name_the_old_node_name_the_new_one(district: District) -> None:
    await district.add_node("n-8")
    await _configure(district, rules=[_rule("both", "n-8", "n-1", "g-1"), _rule("other", "n-8"), _rule("every")])
    await replace(district, "n-1", "n-2", HOUR_MS)
    # A changed rule has a greater version.
    renamed = [_rule("both", "n-8", "n-2", "g-1") | {"version": 4}, _rule("other", "n-8"), _rule("every")]
    document = (await district.device("GET", "desired")).json()["document"]
    assert (document["rules"], [node["node"] for node in document["nodes"]]) == (renamed, ["n-2", "n-8"])
    read = (await district.read("gateways/g-1/configuration"))["rules"]
    assert (read["version"], read["value"], read["author"], read["reason"]) == (2, renamed, "ada", "n-2 replaces n-1")
    recorded = select(change.c.who, change.c.subject, change.c.reason).where(change.c.what == "gateway_configured")
    rows = [tuple(row) for row in district.service.read(lambda connection: connection.execute(recorded).all())]
    assert rows == [("ada", "g-1", "dust season"), ("ada", "g-1", "n-2 replaces n-1")]
    await _configure(district, settings={"trial_s": 61})


async def test_a_rule_at_the_greatest_version_that_there_is_names_the_new_node_too(district: District) -> None:
    await _configure(district, rules=[_rule("r", "n-1") | {"version": MAX_VERSION}])
    await replace(district, "n-1", "n-2", HOUR_MS)
    (rule,) = (await district.device("GET", "desired")).json()["document"]["rules"]
    assert rule == _rule("r", "n-2") | {"version": MAX_VERSION}


async def test_rules_that_do_not_name_the_old_node_stay_as_they_are(district: District) -> None:
    await district.add_node("n-8")
    await _configure(district, rules=[_rule("other", "n-8"), _rule("every")])
    await replace(district, "n-1", "n-2", HOUR_MS)
    assert (await district.read("gateways/g-1/configuration"))["rules"]["version"] == 1


_NAMING: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "a calibration": ("g-1", {"calibrations": [_calibration("n-1")]}, ["calibrations[0].node"]),
    "a calibration beside a rule": (
        "g-1",
        {"calibrations": [_calibration("g-1") | {"id": "b"}, _calibration("n-1")], "rules": [_rule("r", "n-1")]},
        ["calibrations[1].node"],
    ),
    "a source": (
        "g-1",
        {"sources": [{"source": "x", "kind": "nodes", "port": "p", "nodes": [{"node": "n-1", "address": 1}]}]},
        ["sources[0].nodes[0].node"],
    ),
    "a rule of another gateway than the new node's": ("g-2", {"rules": [_rule("r", "g-1", "n-1")]}, ["rules[0].nodes[1]"]),
}


@pytest.mark.parametrize("case", _NAMING.values(), ids=_NAMING.keys())
async def test_what_only_a_person_can_rename_refuses_the_exchange(district: District, case: tuple[str, dict[str, Any], list[str]]) -> None:
    gateway, parts, paths = case
    await district.add_gateway("g-2")
    await _configure(district, **parts)
    before = (await district.device("GET", "desired")).json()
    response = await district.add_node("n-2", gateway, replaces="n-1")
    assert response.status_code == 422, response.text
    faults = response.json()["faults"]
    assert [fault["path"] for fault in faults] == paths
    assert "n-1, which leaves gateway g-1: first remove the entry" in faults[0]["allowed"]
    assert (await district.device("GET", "desired")).json() == before
    assert [node["id"] for node in (await district.read("nodes"))["items"]] == ["n-1"]
    await clear(district, *parts)
    await replace(district, "n-1", "n-2", HOUR_MS, gateway)


async def test_only_a_node_that_is_deployed_at_the_site_can_be_replaced(district: District) -> None:
    await district.admin("POST", "sites", {"id": "s-2", "name": "Gate", "latitude": 31.2, "longitude": 121.5})
    await replace(district, "n-1", "n-2", HOUR_MS)
    for name in ("n-9", "n-1", "g-1"):
        response = await district.add_node("n-3", replaces=name)
        assert (response.status_code, response.json()["faults"][0]["path"]) == (422, "replaces"), name
    elsewhere = {"id": "n-3", "gateway": "g-1", "site": "s-2", "replaces": "n-2"}
    assert (await district.admin("POST", "nodes", elsewhere)).status_code == 422
    assert [node["id"] for node in (await district.read("nodes"))["items"]] == ["n-2"]


async def test_a_boot_of_the_old_node_stays_in_its_ledger(district: District) -> None:
    await district.ingest(measured("n-1", HOUR_MS, 100))
    await replace(district, "n-1", "n-2", 2 * HOUR_MS)
    assert await district.statuses(measured("n-1", HOUR_MS, 100)) == ["duplicate"]
    assert [boot["boot"] for boot in await district.boots("n-1")] == [BOOT]


async def test_the_series_of_a_slot_are_looked_up_once(district: District) -> None:
    await district.ingest(measured("n-1", HOUR_MS, 100), measured("g-1", HOUR_MS, 100))
    asked: list[str] = []
    event.listen(district.service.writer._engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    await district.ingest(measured("n-1", 2 * HOUR_MS, 100), measured("g-1", 2 * HOUR_MS, 100))
    assert asked and not [statement for statement in asked if "slot_position" in statement or "series." in statement]
