"""The local page of a site, on a technician's phone and on a desk: values of a real node, no error, both languages, the alarm test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from hil_tests.browser import Visit, chromium, visited
from hil_tests.demo import air
from hil_tests.district import District
from hil_tests.plan import small_district
from hil_tests.processes import wait_until
from hil_tests.site_gateway import PIN

pytestmark = pytest.mark.hil

SITE, NODE = "east-gate", "east-1"
WIDTHS = (1280, 360)
LANGUAGES = {"zh-CN": "数据来源", "en": "Sources"}
FLEET_LINK = {"zh-CN": "平台连接", "en": "Fleet link"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with District(small_district(period_ms=2000), tmp_path_factory.mktemp("local"), scenarios=air(), rate=4) as made:
        made.start()
        made.wait_for_items(30, within_s=90)
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module", params=[(language, width) for language in LANGUAGES for width in WIDTHS], ids=lambda p: f"{p[0]}-{p[1]}")
def visit(request: pytest.FixtureRequest, browser: Browser, running: District) -> Iterator[Visit]:
    language, width = request.param
    with visited(browser, f"http://127.0.0.1:{running.gateways[SITE].web_port}/", language, width, "local") as opened:
        opened.page.locator(".node table").first.wait_for()
        yield opened
    assert opened.faults == []


def test_the_page_shows_its_nodes_and_their_values_in_the_visitors_language(visit: Visit) -> None:
    language = str(visit.page.evaluate("navigator.language"))
    assert visit.page.get_by_role("heading", name=LANGUAGES[language]).is_visible()
    card = visit.page.locator(".node", has_text=NODE)
    card.get_by_text("µg/m³").first.wait_for()  # a loaded machine may make a period without a value
    assert "PM2.5" in card.inner_text() and "pm2_5" not in card.inner_text()
    link = visit.page.locator("#states li", has_text=FLEET_LINK[language])
    link.locator("b.good").wait_for()
    assert "MiB" not in visit.page.locator("#states").inner_text()


def test_nothing_is_cut_off_or_wider_than_the_window(visit: Visit) -> None:
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_test_alarm_with_the_pin_reaches_the_record(visit: Visit, running: District) -> None:
    gateway = running.gateways[SITE].name
    before = alarm_tests(running, gateway)
    visit.page.locator("#pin").fill(PIN)
    visit.page.locator("#alarm button").click()
    visit.page.locator("#verdict.good").wait_for()
    wait_until(lambda: alarm_tests(running, gateway) > before, within_s=20, what="the test alarm in the record")


def test_the_language_can_be_changed(visit: Visit) -> None:
    before = visit.page.locator("h2").first.inner_text()
    visit.page.locator("#language").click()
    assert visit.page.locator("h2").first.inner_text() != before


def alarm_tests(running: District, gateway: str) -> int:
    return sum(item["body"].get("k") == "alarm_test" for item in running.items(gateway))
