"""The pages of a small district in headless Chromium, as a person sees them: the fleet's live page, and the local page of a site on a
technician's phone and on a desk. One district and one browser serve both.
"""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from fleet.tests.made_up_district import made_up_zip
from hil_tests.accessibility import serious_violations
from hil_tests.browser import HEIGHT, Visit, chromium, visited
from hil_tests.demo.air import air
from hil_tests.district import District
from hil_tests.plan import small_district
from hil_tests.processes import wait_until
from hil_tests.site_gateway import PIN

pytestmark = pytest.mark.hil

SITE, NODE = "east-gate", "east-1"
LIVE_HEADINGS = {"zh-CN": "历史曲线", "en": "History"}
LOCAL_HEADINGS = {"zh-CN": "最近的错误", "en": "Last errors"}
NO_SENSORS = {"zh-CN": "无传感器", "en": "has no sensors"}
FLEET_LINK = {"zh-CN": "平台连接", "en": "Fleet link"}
# Each language and each width once; every language at every width is what the test of widths looks at.
VISITS = [("zh-CN", 390), ("en", 1280)]
PAGES = ("/", "/alarms", f"/sites/{SITE}", f"/nodes/{NODE}", f"/gateways/gw-{SITE}", "/docs", "/no-such-page")
WIDTHS = (360, 375, 390, 1280)
# Of a busy machine.
PATIENCE_S = 60


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with District(small_district(period_ms=2000), tmp_path_factory.mktemp("pages"), scenarios=air(), rate=4, areas=made_up_zip()) as made:
        made.start()
        made.wait_for_items(30, within_s=90)
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


def name_of(visit: tuple[str, int]) -> str:
    return f"{visit[0]}-{visit[1]}"


@pytest.fixture(params=VISITS, ids=name_of)
def visit(request: pytest.FixtureRequest, browser: Browser, running: District) -> Iterator[Visit]:
    """Of the fleet's live page; one for each test, because a visitor's language is remembered."""
    language, width = request.param
    with visited(browser, running.fleet.url + "/", language, width, "live") as opened:
        yield opened


@pytest.fixture(scope="module", params=VISITS, ids=name_of)
def local_visit(request: pytest.FixtureRequest, browser: Browser, running: District) -> Iterator[Visit]:
    """Of a site's local page; one for all tests, which leave it as they find it but for the language, changed last."""
    language, width = request.param
    with visited(browser, f"http://127.0.0.1:{running.gateways[SITE].web_port}/", language, width, "local") as opened:
        opened.page.locator(".card table").first.wait_for(state="attached")
        yield opened
    assert opened.faults == []


def values(visit: Visit) -> list[str]:
    return visit.page.locator("#nodes td.number b").all_inner_texts()


def test_the_live_page_lives(visit: Visit, running: District) -> None:
    page = visit.page
    language = page.locator("html").get_attribute("lang")
    assert language in LIVE_HEADINGS
    assert page.locator("#chart-panel h2").inner_text().strip() == LIVE_HEADINGS[language]
    for node in running.nodes:
        assert page.locator(f"#node-{node} td.number b").count() >= 2, node
    page.locator("#chart canvas").wait_for()
    before = values(visit)
    wait_until(lambda: values(visit) != before, within_s=PATIENCE_S, what="a value that changes")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    assert visit.faults == []


@pytest.mark.parametrize("language", LIVE_HEADINGS)
def test_no_page_is_wider_than_its_window_and_its_header_is_whole(browser: Browser, running: District, language: str) -> None:
    fleet, local = running.fleet.url, f"http://127.0.0.1:{running.gateways[SITE].web_port}/"
    for url in [*(fleet + path for path in PAGES), local]:
        with visited(browser, url, language, WIDTHS[0], "narrow-" + (url.rsplit("/", 1)[1] or url.split(":")[2].strip("/"))) as opened:
            opened.page.locator("header .languages > *").nth(1).wait_for()
            if url == local:
                opened.page.locator(".card table").first.wait_for(state="attached")
            for width in WIDTHS:
                opened.page.set_viewport_size({"width": width, "height": HEIGHT})
                fits(opened.page, f"{url} at {width}", width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_a_serious_rule_of_accessibility(browser: Browser, running: District, scheme: Literal["light", "dark"]) -> None:
    fleet, local = running.fleet.url, f"http://127.0.0.1:{running.gateways[SITE].web_port}/"
    context = browser.new_context(locale="en", color_scheme=scheme)
    page = context.new_page()
    for url in [*(fleet + path for path in PAGES), local]:
        page.goto(url)
        if url == fleet + "/":
            page.locator("#map path.ground").first.wait_for()
        assert not (found := serious_violations(page)), f"{url}: {found}"
    context.close()


def fits(page: Page, what: str, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{what} scrolls sideways"
    ends = page.locator("header a, header button").evaluate_all("all => all.map(one => one.getBoundingClientRect().right)")
    assert ends and max(ends) <= width, f"{what}: its header is cut"


def test_a_visitor_changes_the_language(visit: Visit) -> None:
    page = visit.page
    shown = page.locator("html").get_attribute("lang")
    other = next(code for code in LIVE_HEADINGS if code != shown)
    page.locator(f"nav.languages a[lang={other}]").click()
    page.locator(f"html[lang={other}]").wait_for()
    assert page.locator("#chart-panel h2").inner_text().strip() == LIVE_HEADINGS[other]
    assert "lang=" not in page.url
    page.goto(page.url.split("?")[0])
    assert page.locator("#chart-panel h2").inner_text().strip() == LIVE_HEADINGS[other], "the choice is remembered"


def test_the_chart_follows_the_chosen_quantity(visit: Visit) -> None:
    page = visit.page
    page.locator("#chart canvas").wait_for()
    legend = page.locator("#chart .u-legend")
    assert all(node in legend.inner_text() for node in ("east-1", "river-2"))
    page.select_option("#chart-choice [name=quantity]", "temperature")
    wait_until(lambda: "east-1" not in legend.inner_text(), within_s=PATIENCE_S, what="a chart without the nodes that have no thermometer")
    assert "river-2" in legend.inner_text()
    page.goto(page.url)
    legend.get_by_text("river-2").wait_for()
    assert "quantity=temperature" in page.url and "east-1" not in legend.inner_text(), "the choice is in the address"


def test_a_search_and_a_state_are_in_the_address_and_lead_to_the_pages_of_node_and_gateway(visit: Visit, running: District) -> None:
    page = visit.page
    page.locator("[name=q]").fill("river")
    wait_until(lambda: page.locator("#nodes tr[id^=node-]").count() == 2, within_s=PATIENCE_S, what="two nodes of four")
    page.goto(page.url)
    assert page.locator("#nodes tr[id^=node-]").count() == 2 and "q=river" in page.url
    page.locator("#link-river-1").click()
    page.locator("h1", has_text="river-1").wait_for()
    assert page.title() == "river-1 · airgrid"
    assert "PMS5003" in page.locator("#values table").inner_text()
    page.locator("#chart canvas").wait_for()
    page.get_by_role("link", name="gw-river-park").click()
    page.locator("h1", has_text="gw-river-park").wait_for()
    page.wait_for_load_state()  # with its look
    assert page.locator("#nodes tr[id^=node-]").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    assert visit.faults == []


def test_a_node_without_sensors_is_shown_as_such(browser: Browser, running: District) -> None:
    api = running.fleet.api
    before = api.get("nodes/east-2/settings")["desired"]["settings"]
    removes = ["slot 0 pms5003", "slot 1 jxct_tvoc"]
    api.put("nodes/east-2/settings", {"settings": {}, "reason": "test", "removes": removes})
    try:
        for language, width in VISITS:
            with visited(browser, running.fleet.url + "/", language, width, "no-sensors") as visit:
                visit.page.locator("#node-east-2 .chip", has_text=NO_SENSORS[language]).wait_for(timeout=90_000)
                assert not visit.page.locator("#node-east-2 td.number b").count(), "no value of a sensor that is gone"
    finally:
        api.put("nodes/east-2/settings", {"settings": before, "reason": "test"})


def test_the_local_page_shows_its_nodes_and_their_values_in_the_visitors_language(local_visit: Visit) -> None:
    language = str(local_visit.page.evaluate("navigator.language"))
    assert local_visit.page.get_by_role("heading", name=LOCAL_HEADINGS[language]).is_visible()
    card = local_visit.page.locator(".card", has_text=NODE)
    headline = card.locator(".headlines")
    headline.get_by_text("µg/m³").first.wait_for()  # a loaded machine may make a period without a value
    assert "PM2.5 · PMS5003" in headline.inner_text()
    link = local_visit.page.locator("#links li.good", has_text=FLEET_LINK[language])
    link.locator("[data-age-s]").wait_for()
    assert local_visit.page.title() == f"gw-{SITE} · airgrid"


def test_the_values_of_a_node_are_folded_and_stay_as_they_are_left(local_visit: Visit) -> None:
    card = local_visit.page.locator(".card", has_text=NODE)
    assert not card.locator("table").is_visible()
    card.locator("summary").click()
    shown = card.locator("[data-age-s]").first.get_attribute("data-age-s")
    wait_until(lambda: card.locator("[data-age-s]").first.get_attribute("data-age-s") != shown, within_s=PATIENCE_S, what="a new answer")
    assert card.locator("table").is_visible()
    assert "pm2_5" not in card.inner_text() and "PMS5003" in card.locator("table").inner_text()
    card.locator("summary").click()


def test_a_test_alarm_says_what_it_does_and_when_it_has_arrived(local_visit: Visit, running: District) -> None:
    page, gateway = local_visit.page, running.gateways[SITE].name
    before = alarm_tests(running, gateway)
    hint = page.locator("#alarm_hint").inner_text()
    assert "siren" in hint and "3" in hint
    page.locator("#pin").fill(PIN)
    page.locator("#alarm button").click()
    page.locator("#verdict.good").wait_for()
    assert alarm_tests(running, gateway) > before, "the page says arrived once it is in the record"


def test_the_language_of_the_local_page_can_be_changed_and_is_in_its_address(local_visit: Visit) -> None:
    page = local_visit.page
    before = page.locator("html").get_attribute("lang")
    other = next(code for code in LOCAL_HEADINGS if code != before)
    page.locator("#pin").fill(PIN)
    page.locator("#alarm button").click()
    page.locator("#verdict.good").wait_for()
    said = page.locator("#verdict").inner_text()
    page.locator(f"#languages button[lang={other}]").click()
    assert page.locator("#verdict").inner_text() not in ("", said), "the answer of the alarm test is in the new language too"
    assert page.get_by_role("heading", name=LOCAL_HEADINGS[other]).is_visible()
    page.goto(page.url)
    assert page.locator("html").get_attribute("lang") == other and f"lang={other}" in page.url


def alarm_tests(running: District, gateway: str) -> int:
    return sum(item["body"].get("k") == "alarm_test" for item in running.items(gateway))


def test_two_sensors_of_a_kind_are_told_apart(browser: Browser, running: District) -> None:
    """Of river-1, which has two PMS5003; beside it river-2 has one."""
    with visited(browser, f"http://127.0.0.1:{running.gateways['river-park'].web_port}/", "en", 390, "twins") as visit:
        headlines = visit.page.locator(".card .headlines span")
        headlines.nth(2).wait_for()
        assert headlines.all_inner_texts() == ["PM2.5 · PMS5003 · 0", "PM2.5 · PMS5003 · 1", "PM2.5 · PMS5003"]


def test_no_name_of_a_parameter_is_broken_on_a_phone(browser: Browser, running: District) -> None:
    with visited(browser, running.fleet.url + "/docs", "en", 360, "docs") as visit:
        names = visit.page.locator(".route td code")
        broken = "all => all.filter(one => one.getClientRects().length > 1).map(one => one.innerText)"
        assert names.count() > 20 and names.evaluate_all(broken) == []
