"""The page of a site, as it is asked for."""

from html import unescape
from typing import Any

import pytest

from air.statistics.hours import HOUR_MS
from fleet.pages.kept import KEPT_MS
from fleet.tests.district import LATER_BOOT, START_MS, District, hello, report

PM2_5_ATM = 6


async def fill(district: District) -> None:
    """Three hours of n-1, the second without a usable value; another node beside it has but the first."""
    await district.add_node("n-2")
    channels: dict[int, list[list[int]]] = {
        0: [[0, PM2_5_ATM, 0, 60, 4000, 4000, 4000]], 1: [[0, PM2_5_ATM, 2, 0]], 2: [[0, PM2_5_ATM, 0, 60, 0, 0, 0]],
    }  # fmt: skip
    await district.ingest(*(report(hour + 1, of, s=hour * HOUR_MS, d=HOUR_MS) for hour, of in channels.items()))
    await district.ingest(report(1, channels[0], s=0, d=HOUR_MS, node="n-2", boot=LATER_BOOT))
    district.time.now_ms = START_MS + 3 * HOUR_MS + 1000


async def plot(district: District, site: str = "s-1", **query: Any) -> Any:
    answer = await district.client.get(f"/live/sites/{site}/plot.json", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def page(district: District, query: str = "", language: str = "en") -> str:
    answer = await district.client.get(f"/sites/s-1{query}", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


async def test_the_plot_has_every_hour_of_its_span_and_a_gap_where_none_is_usable(district: District) -> None:
    await fill(district)
    for span, hours in (("1d", 24), ("7d", 168), ("31d", 744), ("odd", 24)):
        found = await plot(district, quantity="pm2_5_atm", span=span)
        lines = {one["label"]: one["values"] for one in found["lines"]}
        assert len(found["times"]) == hours and found["has_gaps"]
        assert found["times"][-4] == START_MS / 1000, "the hour that is going on is the last one"
        assert lines["n-1 · 0"][-4:] == [40.0, None, 0.0, None] and lines["n-2 · 0"][-4:] == [40.0, None, None, None]
        assert set(lines["n-1 · 0"][:-4]) <= {None}


async def test_the_page_says_what_was_not_usable_and_shows_its_days(district: District) -> None:
    await fill(district)
    await district.ingest(hello(9, node="n-1"))
    for language, words in (("en", "no reply 1"), ("zh-CN", "无应答 1")):
        text = await page(district, "?quantity=pm2_5_atm&span=1d", language)
        assert words in text and "Bridge" in text
    text = await page(district)
    assert '<table class="calendar">' in text and "30.0*" in text, "the mean of both nodes, of a thin day"
    assert 'href="/nodes/n-1"' in text and 'href="/nodes/n-2"' in text and "What stood here" in text


async def test_the_parts_of_the_page_are_those_of_the_page(district: District) -> None:
    await fill(district)
    whole = await page(district)
    parts = (await district.client.get("/live/sites/s-1", headers={"Accept-Language": "en"})).text
    assert parts.count("data-part") == whole.count("data-part") >= 6


async def test_another_site_is_drawn_and_compared(district: District) -> None:
    await fill(district)
    await district.admin("POST", "sites", {"id": "s-2", "name": "Tower", "latitude": 31.3, "longitude": 121.5})
    await district.admin("POST", "nodes", {"id": "n-3", "gateway": "g-1", "site": "s-2"})
    await district.ingest(report(1, [[0, PM2_5_ATM, 0, 60, 100, 100, 100]], s=0, d=HOUR_MS, node="n-3", boot=LATER_BOOT))
    found = await plot(district, **{"with": "s-2"})
    assert [one["label"] for one in found["lines"]] == ["n-1 · 0", "n-2 · 0", "s-2: n-3 · 0"]
    text = await page(district, "?with=s-2")
    assert '<option value="s-2" selected>Tower</option>' in text and "too few hours of both to compare them" in text
    assert len((await plot(district, **{"with": "no-such"}))["lines"]) == 2


async def test_a_site_without_anything_says_what_to_do(district: District) -> None:
    await district.admin("POST", "sites", {"id": "s-2", "name": "<b>Tower</b>", "latitude": 31.3, "longitude": 121.5})
    answer = await district.client.get("/sites/s-2", headers={"Accept-Language": "en"})
    assert "Nothing stands here." in answer.text and "No day has been measured here yet." in answer.text and "<b>Tower" not in answer.text
    assert (await plot(district, "s-2"))["lines"] == []


@pytest.mark.parametrize("path", ["/sites/no-such", "/live/sites/no-such", "/live/sites/no-such/plot.json"])
async def test_a_site_that_there_is_not_is_not_found(district: District, path: str) -> None:
    assert (await district.client.get(path)).status_code == 404


async def test_a_month_is_read_once_a_minute(district: District) -> None:
    await fill(district)
    before = await plot(district)
    await district.ingest(report(4, [[0, PM2_5_ATM, 0, 60, 9000, 9000, 9000]], s=HOUR_MS, d=HOUR_MS))
    assert await plot(district, span="1d") == before
    district.time.now_ms += KEPT_MS
    assert (await plot(district))["lines"][0]["values"][-3] == 90.0
