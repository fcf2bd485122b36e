"""The map of a made-up district in headless Chromium: its colours, the same in words, its hours, and a name that would be markup."""

import json
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import Browser, Page

from contract.site import device_api
from fleet.tests.made_up_district import made_up_areas, made_up_zip
from hil_tests.browser import Visit, chromium, visited
from hil_tests.fleet_service import FleetService
from hil_tests.processes import wait_until
from hil_tests.sensors.clock import BenchClock

pytestmark = pytest.mark.hil

HOUR_MS = 3_600_000
PM2_5_ATM = 6
WITHIN_S = 60
EVIL = "<img src=x onerror=alert(1)>"
VISITS = [("zh-CN", 390), ("en", 1280)]
CHINA = timezone(timedelta(hours=8))
CELLS = [area.id for area in made_up_areas() if area.level == 3][:3]
# Of the hours before now by site, in ug/m3; the third site has a sensor that does not answer.
NOW, HOURS = {CELLS[0]: 20.0, CELLS[1]: 180.0}, {CELLS[0]: 40.0, CELLS[1]: 100.0}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetService]:
    service = FleetService(tmp_path_factory.mktemp("map"), BenchClock(1))
    service.prepare()
    service.start()
    api = service.api
    api.post_file("district.zip?reason=test", made_up_zip(len(CELLS)), "application/zip")
    api.patch(f"areas/{CELLS[0]}", {"name_zh": EVIL, "name_en": EVIL, "reason": "test"})
    token = service.enrol(api.post("gateways", {"id": "gw-1", "site": f"s-{CELLS[0]}"})["enrolment_code"])
    for cell in CELLS:
        api.post("nodes", {"id": f"n-{cell}", "gateway": "gw-1", "site": f"s-{cell}"})
    fill(service, token)
    yield service
    service.program.stop()


def fill(service: FleetService, token: str) -> None:
    """Three hours, each in one report, and one of just now."""
    now_ms = time.time_ns() // 1_000_000
    first_ms = now_ms // HOUR_MS * HOUR_MS - 3 * HOUR_MS
    spans = [*((first_ms + hour * HOUR_MS, HOUR_MS, HOURS) for hour in range(3)), (now_ms - 10_000, 10_000, NOW)]
    items = [
        report(cell, seq, start_ms, length_ms, values.get(cell))
        for seq, (start_ms, length_ms, values) in enumerate(spans)
        for cell in CELLS
    ]
    request = urllib.request.Request(service.url + device_api.PREFIX + device_api.INGEST, json.dumps({"items": items}).encode())
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert {one["status"] for one in json.loads(answer.read())["results"]} == {"accepted"}


def report(cell: str, seq: int, start_ms: int, length_ms: int, value: float | None) -> dict[str, object]:
    scaled = 0 if value is None else round(value * 100)
    channel = [0, PM2_5_ATM, 2, 0] if value is None else [0, PM2_5_ATM, 0, 60, scaled, scaled, scaled]
    body = {"q": seq, "s": seq * HOUR_MS, "d": length_ms, "c": 0, "ch": [channel]}
    dating = {"how": "node", "start_ms": start_ms, "error_ms": 20}
    envelope = {"node": f"n-{cell}", "boot": "00000001aaaaaaaa", "seq": seq, "kind": "report", "arrived_ms": start_ms + length_ms}
    return {**envelope, "time": dating, "body": body}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture(params=VISITS, ids=lambda visit: f"{visit[0]}-{visit[1]}")
def visit(request: pytest.FixtureRequest, browser: Browser, fleet: FleetService) -> Iterator[Visit]:
    language, width = request.param
    with visited(browser, fleet.url + "/", language, width, "map", zone="Asia/Shanghai") as opened:
        opened.page.locator("#map path.ground").first.wait_for()
        yield opened
    assert opened.faults == []


def colours(page: Page) -> dict[str, int]:
    """How many areas have which class."""
    found: dict[str, int] = page.locator("#map path.ground").evaluate_all(
        "all => all.reduce((found, one) => {const mark = one.classList.item(2); found[mark] = (found[mark] || 0) + 1; return found}, {})"
    )
    return found


def fill_of(page: Page, mark: str) -> str:
    return str(page.locator(f"#map path.ground.{mark}").first.evaluate("one => getComputedStyle(one).fill"))


def test_each_cell_has_the_colour_of_its_value_and_the_list_says_the_same(visit: Visit) -> None:
    page = visit.page
    assert colours(page) == {"excellent": 1, "heavy": 1, "missing": 1, "empty": 785}
    assert fill_of(page, "excellent") == "rgb(0, 228, 0)" and fill_of(page, "heavy") == "rgb(153, 0, 76)"
    assert "#hatch" in fill_of(page, "missing") and fill_of(page, "empty") != fill_of(page, "excellent")
    marks = page.locator("ol.cells > li > .mark").evaluate_all("all => all.map(one => one.classList.item(1))")
    assert marks[:4] == ["heavy", "excellent", "missing", "empty"]
    said = page.locator("ol.cells > li").all_inner_texts()
    assert "180.0 µg/m³" in said[0] and "20.0 µg/m³" in said[1] and "µg/m³" not in said[2]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"


def test_a_name_that_would_be_markup_is_text_in_the_list_and_on_the_map(visit: Visit) -> None:
    page = visit.page
    page.locator("#map path.excellent").dispatch_event("mouseover")
    tooltip = page.locator(".leaflet-tooltip")
    tooltip.wait_for()
    assert tooltip.inner_text().startswith(f"{EVIL}: 20.0 µg/m³")
    assert page.locator("ol.cells a", has_text=EVIL).is_visible()
    assert not page.locator("#map img, ol.cells img").count()


def test_the_hours_are_gone_through_by_keyboard_and_named_in_the_zone_of_the_visitor(visit: Visit) -> None:
    page = visit.page
    page.locator("#map-hour").focus()
    for back in (1, 2):
        before = begins(page)
        page.keyboard.press("ArrowLeft")
        wait_until(lambda before=before: begins(page) not in (before, []), within_s=WITHIN_S, what="another hour")  # type: ignore[misc]
        assert f"hour=-{back}" in page.url
        wait_until(lambda: "light" in colours(page), within_s=WITHIN_S, what="the colours of the hour")
    assert colours(page) == {"good": 1, "light": 1, "missing": 1, "empty": 785}
    assert "100.0 µg/m³" in page.locator("ol.cells > li").first.inner_text()
    wait_until(
        lambda: page.locator("#map-hour").get_attribute("aria-valuetext") == shown(page), within_s=WITHIN_S, what="the hour in words"
    )
    begin_ms, end_ms = begins(page)
    assert end_ms - begin_ms == HOUR_MS
    for moment_ms in (begin_ms, end_ms):
        assert f"{datetime.fromtimestamp(moment_ms / 1000, CHINA):%H}:00:00 UTC+8" in shown(page)
    page.keyboard.press("End")
    wait_until(lambda: "heavy" in colours(page) and "hour=" not in page.url, within_s=WITHIN_S, what="the map of now")


def begins(page: Page) -> list[int]:
    """Beginning and end of the hour that is shown; empty of now."""
    return [int(one) for one in page.locator("#map-time time").evaluate_all("all => all.map(one => one.dataset.ms)")]


def shown(page: Page) -> str:
    return page.locator("#map-time").inner_text().strip()


def test_an_area_leads_to_its_cells_and_to_its_sites(visit: Visit) -> None:
    page = visit.page
    page.select_option("#map-level", "township")
    wait_until(lambda: page.locator("#map path.ground").count() == 16, within_s=WITHIN_S, what="townships")
    page.locator("#map path.ground.missing, #map path.ground.light").first.dispatch_event("click")
    page.wait_for_url("**area=*")
    page.locator("#map path.chosen").wait_for(state="attached")
    assert "level=" not in page.url and page.locator(".area-path [aria-current]").is_visible()
    wait_until(lambda: page.locator("#map path.ground.beyond").count() > 600, within_s=WITHIN_S, what="cells elsewhere, faint")
    page.locator("ol.cells small a").first.click()
    page.wait_for_url("**/sites/s-*")
    page.locator("#chart canvas").wait_for()


def test_the_health_of_the_nodes_has_colours_too_and_no_hours(visit: Visit) -> None:
    page = visit.page
    page.select_option("#map-what", "health")
    wait_until(lambda: "state-live" in colours(page), within_s=WITHIN_S, what="the colours of health")
    wait_until(lambda: page.locator("#map-hour").is_disabled(), within_s=WITHIN_S, what="no hours of it")
    assert colours(page) == {"state-live": 2, "state-faulty": 1, "empty": 785}
