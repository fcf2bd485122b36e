"""The map of the grid as it is asked for: its areas, the values of now and of the last hours, the same in words."""

from html import unescape
from typing import Any

import pytest

from air.statistics.hours import HOUR_MS
from fleet.pages.hours import HOURS
from fleet.pages.kept import KEPT_MS
from fleet.record import site_hours
from fleet.record.aggregates.making import GRACE_MS, make_piece
from fleet.tests.district import START_MS, District, report
from fleet.tests.test_shared_district import statements

PM2_5_ATM = 6
EVIL = "<img src=x onerror=alert(1)>\"'&"
SQUARES = {"990001": (104.0, 30.0, 1.0), "990001001": (104.0, 30.0, 0.5), "990001001001": (104.0, 30.0, 0.5), "c-west": (104.0, 30.0, 0.25),
           "c-east": (104.25, 30.0, 0.25)}  # fmt: skip
LEVELS = {"990001": "district", "990001001": "township", "990001001001": "community", "c-west": "cell", "c-east": "cell"}
ABOVE = {"990001001": "990001", "990001001001": "990001001", "c-west": "990001001001", "c-east": "990001001001"}


async def add_areas(district: District) -> None:
    """A district of one township of one community of two cells; the site of n-1 stands in the western one."""
    for code, (x, y, size) in SQUARES.items():
        ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
        area = {"id": code, "level": LEVELS[code], "parent": ABOVE.get(code), "name_zh": f"虚构{code}", "name_en": f"Made-up {code}"}
        added = await district.admin("POST", "areas", {**area, "geometry": {"type": "Polygon", "coordinates": [ring]}})
        assert added.status_code == 201, added.text
    moved = await district.admin("PATCH", "sites/s-1", {"latitude": 30.1, "longitude": 104.1, "reason": "test"})
    assert moved.status_code == 200 and moved.json()["area"] == "c-west", moved.text


def of_hour(seq: int, hour: int, value: int, length_ms: int = HOUR_MS) -> dict[str, Any]:
    """Of the hour that begins so many after START_MS."""
    return report(seq, [[0, PM2_5_ATM, 0, 60, value, value, value]], s=hour * HOUR_MS, d=length_ms)


async def values(district: District, **query: Any) -> dict[str, Any]:
    answer = await district.client.get("/live/map/values.json", params=query, headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def page(district: District, query: str = "", language: str = "en") -> str:
    answer = await district.client.get(f"/{query}", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_areas_are_geojson_with_their_names(district: District) -> None:
    await add_areas(district)
    answer = await district.client.get("/live/map/areas.json", headers={"Accept-Language": "en"})
    assert answer.headers["content-type"] == "application/geo+json"
    features = {one["id"]: one for one in answer.json()["features"]}
    assert set(features) == set(SQUARES)
    assert features["c-west"]["properties"] == {"level": "cell", "name": "Made-up c-west"}
    ((ring,),) = features["c-west"]["geometry"]["coordinates"]
    assert sorted({(x, y) for x, y in ring}) == [(104.0, 30.0), (104.0, 30.25), (104.25, 30.0), (104.25, 30.25)]


async def test_now_and_each_hour_has_its_own_value_and_a_missing_one_none(district: District) -> None:
    await add_areas(district)
    await district.ingest(of_hour(1, 0, 2000), of_hour(2, 1, 8000), of_hour(3, 2, 16000, HOUR_MS // 2))
    district.time.now_ms = START_MS + 4 * HOUR_MS + GRACE_MS
    now = (await values(district))["areas"]
    assert now["c-west"][0] == "missing" and now["c-west"][1].startswith("no value") and now["c-east"] == ["empty", "no monitor"]
    shown = [(await values(district, hour=f"-{back}"))["areas"]["c-west"] for back in (1, 2, 3, 4, 5)]
    short = ["missing", "no value: less than 45 minutes of the hour are usable"]
    assert shown == [short, short, ["light", "80.0 µg/m³ · light pollution"], ["excellent", "20.0 µg/m³ · excellent"], short]
    await district.ingest(report(1447, [[0, PM2_5_ATM, 0, 60, 3600, 3600, 3600]]))
    district.time.now_ms += 5000
    assert (await values(district))["areas"]["c-west"] == ["good", "36.0 µg/m³ · good"]


async def test_an_hour_is_the_last_one_that_is_over_and_is_named_with_its_beginning(district: District) -> None:
    await add_areas(district)
    await district.ingest(of_hour(1, 0, 2000))
    district.time.now_ms = START_MS + HOUR_MS + GRACE_MS - 1
    text = await page(district, "?hour=-1")
    assert f'data-ms="{START_MS - HOUR_MS}"' in text and f'data-ms="{START_MS}"' in text
    district.time.now_ms += KEPT_MS
    text = await page(district, "?hour=-1")
    assert f'data-ms="{START_MS}"' in text and f'data-ms="{START_MS + HOUR_MS}"' in text
    assert "20.0 µg/m³ · excellent" in text


async def test_the_list_says_the_same_in_words_as_the_map(district: District) -> None:
    await add_areas(district)
    await district.ingest(report(1, [[0, PM2_5_ATM, 0, 60, 13000, 13000, 13000]]))
    district.time.now_ms = START_MS + 30_000
    for query in ("", "?level=township", "?map=health", "?map=odd&level=odd&hour=x&cells=z", "?area=990001001"):
        said = await values(district, **dict(part.split("=") for part in query.lstrip("?").split("&") if part))
        text = unescape(await page(district, query))
        for code, (mark, words) in said["areas"].items():
            assert f'<i class="mark {mark}"></i><a href="/?area={code}">Made-up {code}</a> <b>{words}</b>' in text, query
        assert "虚构990001" in await page(district, query, "zh-CN")
    assert '<a href="/sites/s-1">Bridge</a>' in text


async def test_an_area_narrows_map_list_and_nodes(district: District) -> None:
    await add_areas(district)
    await district.ingest(report(1))
    district.time.now_ms = START_MS + 30_000
    assert set((await values(district, area="c-east"))["areas"]) == {"c-east"}
    assert 'id="node-n-1"' in await page(district, "?area=c-west")
    text = await page(district, "?area=c-east")
    assert 'id="node-n-1"' not in text and "No node is like this." in text
    assert '<a href="/?area=990001001001">Made-up 990001001001</a> ›' in text


async def test_a_mobile_site_measures_where_it_drives(district: District) -> None:
    await add_areas(district)
    await district.ingest(report(1, [[0, PM2_5_ATM, 0, 60, 13000, 13000, 13000]]))
    district.time.now_ms = START_MS + 30_000
    assert (await values(district))["areas"]["c-west"][0] == "moderate"
    await district.admin("PATCH", "sites/s-1", {"kind": "mobile", "reason": "test"})
    district.time.now_ms += 5000
    assert (await values(district))["areas"]["c-west"][0] == "missing"


async def test_names_of_areas_are_text_never_markup(district: District) -> None:
    await add_areas(district)
    await district.admin("PATCH", "areas/c-west", {"name_en": EVIL, "reason": "test"})
    assert "<img src=x" not in await page(district) and "&lt;img src=x" in await page(district)
    answer = await district.client.get("/live/map/areas.json", headers={"Accept-Language": "en"})
    assert EVIL in {one["properties"]["name"] for one in answer.json()["features"]}
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_without_areas_the_page_says_what_to_do(district: District) -> None:
    text = await page(district)
    assert "There is no map yet: an administrator imports the areas" in text and "/docs#post-api-v1-district.zip" in text
    assert (await values(district)) == {"at_ms": START_MS, "level": None, "areas": {}}
    await district.admin("POST", "areas", {"id": "990001", "level": "district", "name_zh": "甲", "name_en": "A"})
    district.time.now_ms += 5000
    assert "No area has its ground on the map yet" in await page(district)


async def test_a_wish_that_cannot_be_shows_what_it_can(district: District) -> None:
    await add_areas(district)
    for query in ("hour=1", "hour=-0", "hour=--1", "hour=-99", "cells=0", "cells=99999", "level=%00", "area=no-such"):
        text = await page(district, "?" + query)
        assert '<ol class="cells"' in text and 'id="map-time"' in text, query


async def test_hours_are_read_once_a_minute_whatever_is_shown_of_them(district: District) -> None:
    await add_areas(district)
    await district.ingest(of_hour(1, 0, 2000))
    district.time.now_ms = START_MS + HOUR_MS + GRACE_MS
    await values(district)
    with statements(district) as seen:
        for back in range(1, HOURS + 1):
            await values(district, hour=f"-{back}", level="township")
    assert seen == []


async def test_hours_that_are_due_are_made_for_a_reading_or_awaited(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    await district.ingest(of_hour(1, 0, 2000), of_hour(2, 1, 4000), of_hour(4, 2, 4000, HOUR_MS // 2))
    now_ms = START_MS + 3 * HOUR_MS + GRACE_MS
    starts = site_hours.starts_before(now_ms, 3)
    assert starts == [START_MS, START_MS + HOUR_MS, START_MS + 2 * HOUR_MS]

    def read() -> Any:
        return district.service.people.read_here(lambda connection: site_hours.read(connection, "pm2_5_atm", starts))

    live = {START_MS: {"s-1": 20.0}, START_MS + HOUR_MS: {"s-1": 40.0}, START_MS + 2 * HOUR_MS: {}}
    assert read().means == live and read().awaited == 0
    monkeypatch.setattr(site_hours, "MOST_LIVE", 1)
    assert read().means == {start_ms: {} for start_ms in starts} and read().awaited == 3
    await district.service.write(lambda connection: make_piece(connection, now_ms))
    assert read().means == live and read().awaited == 0
    monkeypatch.setattr(site_hours, "MOST_LIVE", 0)
    await district.ingest(of_hour(3, 1, 9000))
    assert read().means == {**live, START_MS + HOUR_MS: {}} and read().awaited == 1, "what was made before is not right any more"
