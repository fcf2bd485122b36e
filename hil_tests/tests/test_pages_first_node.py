"""The page of a fleet that is being set up, as the person sees it who leaves it open meanwhile."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.site import device_api
from contract.site import device_api_keys as keys
from hil_tests.bench import fleet_crowd
from hil_tests.browser import chromium, visited
from hil_tests.fleet_service import FleetService
from hil_tests.sensors.clock import BenchClock

pytestmark = pytest.mark.hil

PATIENCE_MS = 30_000


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[FleetService]:
    service = FleetService(tmp_path, BenchClock())
    service.prepare()
    service.start()
    yield service
    service.program.stop()


def report_some(fleet: FleetService, token: str) -> None:
    reports = range(fleet_crowd.HOUR_REPORTS - 5, fleet_crowd.HOUR_REPORTS)
    items = fleet_crowd.batch(fleet_crowd.node_name(0, 0), reports, fleet_crowd.start_of_record())
    request = urllib.request.Request(fleet.url + device_api.PREFIX + device_api.INGEST, json.dumps({keys.ITEMS: items}).encode())
    request.add_header("Content-Type", "application/json")
    request.add_header(device_api.AUTHORIZATION_HEADER, device_api.TOKEN_SCHEME + token)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert {result[keys.STATUS] for result in json.loads(answer.read())[keys.RESULTS]} == {device_api.ACCEPTED}


def test_an_open_page_of_an_empty_fleet_gets_its_chart_with_the_first_reports(fleet: FleetService) -> None:
    (token,) = fleet_crowd.set_up(fleet, gateways=1, nodes=0)
    with chromium() as browser, visited(browser, fleet.url + "/", "en", 360, "first") as visit:
        page = visit.page
        page.get_by_text("airgrid-node provision PORT").wait_for()
        assert not page.locator("#chart-panel").is_visible() and not page.locator("#filter").is_visible()
        fleet.api.post("nodes", {"id": fleet_crowd.node_name(0, 0), "gateway": "gw-0", "site": "site-0"})
        page.locator("#node-crowd-0-0").wait_for(timeout=PATIENCE_MS)
        assert page.locator("#filter").is_visible()
        report_some(fleet, token)
        page.locator("#chart canvas").wait_for(timeout=PATIENCE_MS)
        with page.expect_response("**/live/chart.json?quantity=tvoc*"):
            page.locator("#quantities").select_option("tvoc")
        for _ in range(2):
            with page.expect_response("**/live/overview?*"):
                pass
        assert page.locator("#quantities").input_value() == "tvoc"
        assert visit.faults == []
