"""What a gateway reports itself, as a node of its name (ADR 0009), and where it was meanwhile."""

from pathlib import Path

import pytest

from fleet.http.shared_answers import GRACE_MS, LEAST_MS
from fleet.pages.district import KEPT_MS
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import migrate, sqlite_url
from fleet.tests.district import START_MS, District, event, hello, report
from fleet.tests.migrations import migrate_to, without_tables

PLACE = {"lat_e7": 312300000, "lon_e7": 1214700000, "speed_mm_s": 8300, "fix": "gps", "hdop_x100": 90, "age_ms": 1200}


async def test_a_gateway_is_recorded_as_a_node_of_its_name(district: District) -> None:
    sent = [hello(0, node="g-1"), report(1, node="g-1"), event(2, "alarm", {"phase": "raise"}, node="g-1")]
    assert await district.statuses(*sent) == ["accepted"] * 3
    assert await district.statuses(*sent) == ["duplicate"] * 3
    (boot,) = await district.boots("g-1")
    assert (boot["received"], boot["duplicates"], boot["highest"]) == (3, 3, 2)
    (point,) = (await district.read("nodes/g-1/series", quantity="pm2_5_cf1", from_ms=0, to_ms=START_MS + 60_000))["points"]
    assert point["value"] == 12.34
    latest = {of_node["node"]: of_node["channels"] for of_node in (await district.read("latest"))["items"]}
    assert latest["g-1"][0]["value"] == 12.34


async def test_only_the_gateway_itself_speaks_under_its_name(district: District) -> None:
    token = await district.add_gateway("g-2")
    assert (await district.ingest(report(1, node="g-1"), token=token))[0] == {"status": "refused", "reason": "not_of_this_gateway"}


async def test_a_gateway_stands_in_no_list_of_nodes_for_a_gateway(district: District) -> None:
    await district.ingest(hello(0, node="g-1"))
    document = (await district.device("GET", "desired", have=0, wait=0)).json()["document"]
    assert [node["node"] for node in document["nodes"]] == ["n-1"]


async def test_a_gateway_is_listed_once_it_has_spoken(district: District) -> None:
    assert (
        [node["id"] for node in (await district.read("nodes"))["items"]]
        == ["n-1"]
        == [n["node"] for n in (await district.read("latest"))["items"]]
    )
    await district.ingest(hello(0, node="g-1"))
    assert [(node["id"], node["station"]) for node in (await district.read("nodes"))["items"]] == [("g-1", True), ("n-1", False)]


async def test_a_gateway_has_a_card_once_it_measures(district: District) -> None:
    await district.ingest(hello(0, node="g-1"))
    assert 'id="node-g-1"' not in (await district.client.get("/live/overview")).text
    await district.ingest(report(1, node="g-1"))
    district.time.now_ms += KEPT_MS + LEAST_MS + GRACE_MS
    page = (await district.client.get("/live/overview", headers={"Accept-Language": "en"})).text
    assert 'id="node-g-1"' in page and "<small>gateway</small>" in page


async def test_a_gateway_and_a_node_never_have_one_name(district: District) -> None:
    assert (await district.add_node("g-1")).status_code == 409
    assert (await district.admin("POST", "gateways", {"id": "n-1", "site": "s-1"})).status_code == 409


async def test_a_gateway_has_no_settings_of_a_node(district: District) -> None:
    answer = await district.admin("PUT", "nodes/g-1/settings", {"settings": {}, "reason": "x"})
    assert answer.status_code == 404


async def test_an_item_of_a_mobile_site_keeps_its_place(district: District) -> None:
    places = [PLACE, {"why": "no_fix"}, {key: value for key, value in PLACE.items() if key != "hdop_x100"}]
    items = [report(seq) | {"position": place} for seq, place in enumerate(places)]
    assert await district.statuses(*items, report(3)) == ["accepted"] * 4
    read = (await district.read("nodes/n-1/items"))["items"]
    assert [item.get("position") for item in read] == [*places, None]


BAD_PLACES = {
    "north of the pole": PLACE | {"lat_e7": 900_000_001},
    "half a place": {"lat_e7": 1, "lon_e7": 1},
    "a place and a reason for none": PLACE | {"why": "no_fix"},
    "an unknown reason": {"why": "tunnel"},
    "nothing": {},
    "text": "here",
    "null": None,
}


@pytest.mark.parametrize("place", BAD_PLACES.values(), ids=BAD_PLACES)
async def test_a_bad_place_costs_its_item_nothing_else(district: District, place: object) -> None:
    assert await district.statuses(report(0) | {"position": place}) == ["accepted"]
    (item,) = (await district.read("nodes/n-1/items"))["items"]
    assert "position" not in item
    gateway = await district.read("gateways/g-1")
    assert [refusal["reason"] for refusal in gateway["refused"]] == ["bad_position"]


def test_existing_gateways_get_their_own_node_unless_a_node_has_the_name(tmp_path: Path, db: str | None) -> None:
    engine = new_engine(db or sqlite_url(tmp_path / "x.sqlite"))
    without_tables(engine)
    migrate_to(engine, "0001")
    with for_writing(engine).begin() as connection:
        run = connection.exec_driver_sql
        run("INSERT INTO site (id, name, latitude, longitude, created_ms) VALUES ('s', 'S', 0, 0, 1)")
        for gateway in ("old", "taken"):
            run(f"INSERT INTO gateway (id, site_id, created_ms, desired_version) VALUES ('{gateway}', 's', 7, 1)")
        run("INSERT INTO node (id, key_hex, created_ms, settings_version) VALUES ('taken', 'ab', 1, 0)")
    migrate(engine)
    with engine.connect() as connection:
        nodes = connection.exec_driver_sql("SELECT id, key_hex FROM node ORDER BY id").all()
        places = connection.exec_driver_sql("SELECT node_id, gateway_id, site_id, from_ms, to_ms FROM deployment").all()
    assert [tuple(row) for row in nodes] == [("old", ""), ("taken", "ab")]
    assert [tuple(row) for row in places] == [("old", "old", "s", 7, None)]
    engine.dispose()
