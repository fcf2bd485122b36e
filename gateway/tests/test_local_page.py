"""The local page and the metrics of a gateway that runs: what they show, and who may test the alarm."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from contract.quantities import QUANTITIES
from contract.site import qualities
from gateway.counters import MEANINGS
from gateway.ports.source_status import STATES
from gateway.tests.conftest import Site, until
from gateway.tests.site import desired_node, free_port, items, report
from gateway.web.metrics import GAUGES, PREFIX, counter_name

PIN = "246810"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def url(site: Site) -> str:
    port = free_port()
    await site.start_with("n-1", web={"port": port, "pin": PIN})
    return await served(port)


async def served(port: int) -> str:
    url = f"http://127.0.0.1:{port}"

    async def serves() -> bool:
        async with aiohttp.ClientSession() as session:
            try:
                async with session.get(url + "/") as answer:
                    return answer.status == 200
            except aiohttp.ClientConnectionError:
                return False

    while not await serves():
        pass
    return url


async def get(url: str) -> tuple[str, aiohttp.ClientResponse]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.text(), answer


async def press(url: str, body: bytes) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.post(url + "/alarm-test", data=body, headers=JSON) as answer:
        return answer.status, await answer.json()


async def test_the_page_shows_a_reading_in_its_unit_with_its_quality(site: Site, url: str) -> None:
    node = await site.node("n-1")
    body = report(0) | {"ch": [[0, 6, 0, 10, 1234, 1200, 9000], [1, 6, 2, 0]]}
    await node.deliver("report", items("report", body), 0)
    status = json.loads((await get(url + "/status.json"))[0])
    first, second = status["values"]["n-1"]
    assert (first["slot"], first["value"], first["quality"]) == (0, 12.34, "ok")
    assert (second["slot"], second["value"], second["quality"]) == (1, None, "no_reply")


async def test_the_page_shows_what_the_gateway_reads_itself(site: Site) -> None:
    port = free_port()
    meter = {"source": "roof", "kind": "modbus", "port": "a", "period_ms": 1000, "instruments": [{"slot": 3, "part": "xy_md02"}]}
    await site.fleet.desire([desired_node("n-1")], sources=[meter])
    gateway = await site.start(web={"port": port}, ports={"a": f"{site.state}/absent"})
    await until(lambda: gateway.sources.last_rows(), "a period")
    shown = json.loads((await get(await served(port) + "/status.json"))[0])
    told = [(row["slot"], row["quantity"], row["unit"], row["value"], row["quality"]) for row in shown["own_values"]]
    assert told == [(3, "temperature", "degC", None, "no_reply"), (3, "humidity", "%", None, "no_reply")]
    assert shown["sources"]["roof"]["instruments"] == [[3, "xy_md02", ""]]
    await site.fleet.desire([desired_node("n-1")], sources=[])
    await until(lambda: not gateway.sources.last_rows(), "gone with the instrument")


async def test_the_page_shows_whether_the_fleet_answers(site: Site, url: str) -> None:
    async def state() -> str:
        found: str = json.loads((await get(url + "/status.json"))[0])["fleet"]["state"]
        return found

    async with asyncio.timeout(30):
        while await state() != "answers":
            await asyncio.sleep(0.1)
        await site.fleet.stop()
        while await state() != "away":
            await asyncio.sleep(0.1)


_TABLES = {"QUANTITIES": {row[1] for row in QUANTITIES}, "QUALITIES": set(qualities.KEYS.values()), "SOURCE_STATES": set(STATES)}


@pytest.mark.parametrize("table", _TABLES)
async def test_the_page_has_words_in_both_languages_for_all_that_it_shows(url: str, table: str) -> None:
    text, answer = await get(url + "/page_words.js")
    assert answer.content_type == "text/javascript"
    words = json.loads(text.split(f"const {table} = ")[1].split(";\n")[0])
    assert set(words) == _TABLES[table]
    assert all(len(pair) == 2 and all(pair) for pair in words.values())


async def test_every_counter_and_gauge_of_the_tables_is_a_metric(url: str) -> None:
    text, answer = await get(url + "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert {counter_name(name).removesuffix("_total") for name in MEANINGS} <= set(families)
    assert {PREFIX + name for name in GAUGES} <= set(families)


async def test_metrics_follow_what_happens(site: Site, url: str) -> None:
    node = await site.node("n-1")
    await node.deliver("report", items("report", report(0)), 0)
    families = {family.name: family for family in text_string_to_metric_families((await get(url + "/metrics"))[0])}
    assert families[PREFIX + "items_stored"].samples[0].value == 1
    assert families[PREFIX + "broker_connected"].samples[0].value == 1


@pytest.mark.parametrize("path", ["/", "/page.css", "/page.js", "/page_words.js"])
async def test_the_page_brings_nothing_from_elsewhere_and_lets_nothing_in(url: str, path: str) -> None:
    text, answer = await get(url + path)
    assert answer.status == 200 and "http://" not in text and "https://" not in text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")


async def test_the_right_pin_sends_a_test_alarm_to_the_fleet(site: Site, url: str) -> None:
    status, answer = await press(url, json.dumps({"pin": PIN}).encode())
    assert (status, answer["result"]) == (200, "sent")
    await until(lambda: any(item["body"].get("k") == "alarm_test" for item in site.fleet.items.values()), "at the fleet")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"pin": 246810}', b'{"pin": "000000"}', b'{"nip": "246810"}'])
async def test_without_the_pin_nothing_is_sent(site: Site, url: str, body: bytes) -> None:
    status, _ = await press(url, body)
    assert status in (400, 403)
    assert site.gateway.counters["web.alarm_tests"] == 0
