"""The pages for people, as they are asked for: each in both forms and languages, and what is not there."""

import json
from typing import Any

import pytest

from fleet.tests.district import START_MS, District, applied, event, hello, report

ALARM = {
    "rule": "dust", "version": 1, "phase": "raise", "since_ms": START_MS, "node": "n-1", "slot": 0, "quantity": "pm2_5_atm",
    "severity": "alarm", "at_ms": START_MS, "value": 21340, "limit": 15000, "scale": 100, "unit": "ug/m3", "window_ms": 600_000,
}  # fmt: skip
PAGES = ("", "nodes/n-1", "gateways/g-1", "alarms")
PM2_5_ATM = 6


async def fill(district: District) -> None:
    """A node with a sensor that does not answer and settings that it refused, a test of the alarm, an open alarm."""
    await district.admin("PUT", "nodes/n-1/settings", {"settings": {"period_ms": 5000}, "reason": "test"})
    channels = [[0, PM2_5_ATM, 0, 10, 3725, 3700, 3800], [1, 30, 2, 0]]
    await district.ingest(hello(), report(1, channels), report(2, channels), applied(3, 1, ["period_ms: 10 s at least"]))
    at_gateway = {"node": "g-1", "boot": "00000001cccccccc"}
    await district.ingest(event(0, "alarm_test", {"outputs": ["siren"]}, **at_gateway), event(1, "alarm", ALARM, **at_gateway))
    district.time.now_ms = START_MS + 35_000


async def shown(district: District, path: str, language: str = "en") -> str:
    response = await district.client.get(path, headers={"Accept-Language": language})
    assert response.status_code == 200, response.text
    assert f'lang="{language}"' in response.text or path.startswith("/live/")
    return response.text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_page_and_its_parts_show_the_same(district: District, path: str, language: str) -> None:
    await fill(district)
    whole = await shown(district, "/" + path, language)
    parts = await shown(district, "/live/" + (path or "overview"), language)
    assert "dust" in whole and "dust" in parts
    assert parts.count("data-part") == whole.count("data-part") > 0
    assert f'data-at-ms="{district.time.now_ms}"' in whole and f'data-at-ms="{district.time.now_ms}"' in parts
    assert len(parts) < len(whole)


async def test_the_first_page_has_alarms_and_tests_that_arrived_before_everything_else(district: District) -> None:
    await fill(district)
    text = await shown(district, "/")
    assert text.index("PM2.5 at n-1: 213.4") < text.index("Alarm test of g-1 has arrived") < text.index("History")
    assert text.index("sensor fault") < text.index("37.2")  # 37.25, rounded by the one rule
    assert "no reply" in text


async def test_the_page_of_a_node_has_its_faults_and_events(district: District) -> None:
    await fill(district)
    text = await shown(district, "/nodes/n-1")
    assert "period_ms: 10 s at least" in text and "refused by the node" in text
    assert "<title>n-1 · airgrid</title>" in text and "rule dust" in text


@pytest.mark.parametrize("path", ["/nodes/n-9", "/nodes/N 9", "/gateways/g-9", "/live/nodes/n-9"])
async def test_what_does_not_exist_is_not_found(district: District, path: str) -> None:
    assert (await district.client.get(path)).status_code == 404
    in_browser = await district.client.get(path, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert in_browser.status_code == 404 and "There is no such page" in in_browser.text


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=99999999", "state=odd", "group=odd", "q=%00%25", "span=odd"])
async def test_an_address_that_cannot_be_shows_what_it_can(district: District, query: str) -> None:
    await fill(district)
    assert 'id="node-n-1"' in await shown(district, f"/?{query}".replace("q=%00%25", "q=n-1"))


async def test_names_of_sites_and_events_are_text_never_markup(district: District) -> None:
    await district.admin("POST", "sites", {"id": "s-2", "name": "<script>alert(1)</script>", "latitude": 1.0, "longitude": 2.0})
    await district.admin("POST", "nodes", {"id": "n-2", "gateway": "g-1", "site": "s-2"})
    await district.ingest(event(1, "crashed", {"why": "<img src=x>"}, node="n-2"))
    for path in ("/", "/nodes/n-2", "/gateways/g-1"):
        text = await shown(district, path)
        assert "<script>alert" not in text and "<img src=x" not in text


async def chart(district: District, **query: Any) -> Any:
    return json.loads((await district.client.get("/live/chart.json", params=query)).text)


async def test_the_chart_is_of_the_nodes_that_are_named_and_says_of_how_many(district: District) -> None:
    await fill(district)
    for number in range(2, 30):
        await district.add_node(f"n-{number}")
        await district.ingest(report(1, [[0, PM2_5_ATM, 0, 10, 1000, 1000, 1000]], node=f"n-{number}"))
    first = await chart(district, quantity="pm2_5_atm")
    assert (len(first["lines"]), first["shown_nodes"], first["all_nodes"]) == (24, 24, 29)
    named = await chart(district, quantity="pm2_5_atm", node=["n-3", "n-1"])
    assert [line["label"] for line in named["lines"]] == ["n-1", "n-3"]
    assert named["lines"][0]["values"].count(37.25) == 2 and named["unit"] == "µg/m³"


async def test_a_long_span_has_means_over_its_steps(district: District) -> None:
    await district.ingest(*(report(seq, [[0, PM2_5_ATM, 0, 10, 100 * seq, 0, 100 * seq]]) for seq in range(1, 61)))
    district.time.now_ms = START_MS + 700_000
    whole = await chart(district, quantity="pm2_5_atm", span="24h")
    values = [value for value in whole["lines"][0]["values"] if value is not None]
    assert len(values) == 3 and whole["to_s"] - whole["from_s"] >= 86_400
    own = await chart(district, quantity="pm2_5_atm", span="own", from_ms=START_MS, to_ms=START_MS + 120_000)
    assert own["lines"][0]["values"] == [float(number) for number in range(1, 12)] and not own["is_cut"]


async def test_of_a_span_that_is_too_long_the_end_is_shown_and_the_answer_says_so(district: District) -> None:
    await fill(district)
    asked = {"quantity": "pm2_5_atm", "span": "own", "from_ms": 0, "to_ms": START_MS + 3_600_000}
    of_all = await chart(district, **asked)
    of_one = await chart(district, **asked, node=["n-1"])
    assert (of_all["longest_s"], of_one["longest_s"]) == (7 * 86_400, 168 * 86_400)
    for found in (of_all, of_one):
        assert found["is_cut"] and found["to_s"] - found["from_s"] >= found["longest_s"]
        assert [value for value in found["lines"][0]["values"] if value is not None] == [37.25]


async def test_whether_a_span_was_cut_is_said_to_the_one_who_asked_for_it(district: District) -> None:
    await fill(district)
    to_ms = START_MS + 3_600_000
    asked = {"quantity": "pm2_5_atm", "span": "own", "to_ms": to_ms, "node": ["n-1"]}
    found = [await chart(district, **asked, from_ms=to_ms - days * 86_400_000) for days in (200, 168, 200)]
    assert [one["is_cut"] for one in found] == [True, False, True]
    assert len({(one["from_s"], one["to_s"]) for one in found}) == 1


@pytest.mark.parametrize(
    "query", [{"quantity": "odd"}, {"quantity": "pm2_5_atm", "span": "own"}, {"quantity": "pm2_5_atm", "node": ["A B"]}]
)
async def test_a_chart_that_cannot_be_is_refused(district: District, query: dict[str, Any]) -> None:
    assert (await district.client.get("/live/chart.json", params=query)).status_code == 422


async def test_dust_has_the_colour_of_its_last_hour_once_enough_of_it_is_known(district: District) -> None:
    channels = [[0, PM2_5_ATM, 0, 10, 6200, 6100, 6300]]
    await district.ingest(*(report(seq, channels) for seq in range(100)))
    district.time.now_ms = START_MS + 1_000_000
    assert "light pollution" not in await shown(district, "/")
    await district.ingest(*(report(seq, channels) for seq in range(100, 361)))
    district.time.now_ms = START_MS + 3_610_000
    text = await shown(district, "/")
    assert "mean of the last hour 62.0 µg/m³: light pollution" in text and "It is no AQI" in text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_fleet_without_a_node_says_how_to_add_one(district: District, language: str) -> None:
    assert (await district.admin("POST", "nodes/n-1/retirement", {"reason": "test"})).status_code == 200
    command = "airgrid-node provision PORT --node NODE --gateway {} --site {} "
    first = await shown(district, "/", language)
    assert command.format("GATEWAY", "SITE") in first and '<a href="/docs">' in first
    assert "<option" not in first.split('id="quantities"')[1].split("</select>")[0]
    assert command.format("GATEWAY", "SITE") in await shown(district, "/live/overview", language)
    assert command.format("g-1", "s-1") in await shown(district, "/gateways/g-1", language)


async def test_what_can_be_charted_comes_with_the_parts_of_a_page(district: District) -> None:
    option = '<option value="pm2_5_atm"'
    assert option not in await shown(district, "/live/overview")
    await fill(district)
    assert option in await shown(district, "/live/overview") and option in await shown(district, "/live/nodes/n-1")


async def test_a_particular_of_an_event_is_named_in_the_language_of_the_page(district: District) -> None:
    await district.ingest(event(1, "settings_kept", {"settings_version": 1}))
    assert "设置版本 1" in await shown(district, "/nodes/n-1", "zh-CN")
    assert "settings version 1" in await shown(district, "/nodes/n-1", "en")


async def test_two_sensors_of_a_kind_are_told_apart_by_their_slots(district: District) -> None:
    parts = ("pms5003", "pms5003", "ze40_tvoc")
    sensors = [{"slot": slot, "part": part, "port": slot} for slot, part in enumerate(parts)]
    answer = await district.admin("PUT", "nodes/n-1/settings", {"settings": {"sensors": sensors}, "reason": "test"})
    assert answer.status_code < 300, answer.text
    await district.ingest(hello(), report(1, [[slot, quantity, 0, 10, 3725, 3700, 3800] for slot, quantity in ((0, 6), (1, 6), (2, 30))]))
    text = await shown(district, "/nodes/n-1")
    assert "<small>PMS5003 · 0</small>" in text and "<small>PMS5003 · 1</small>" in text and "<small>ZE40-TVOC</small>" in text
