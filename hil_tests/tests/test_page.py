"""The live page in headless Chromium, as a person sees it: four nodes, a value that changes, no error, in both languages and widths."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from hil_tests.browser import Visit, chromium, visited
from hil_tests.demo import air
from hil_tests.district import District
from hil_tests.plan import small_district
from hil_tests.processes import wait_until

pytestmark = pytest.mark.hil

WIDTHS = (1280, 390)
LANGUAGES = {"zh-CN": "最近一小时", "en": "Last hour"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with District(small_district(period_ms=2000), tmp_path_factory.mktemp("page"), scenarios=air(), rate=4) as made:
        made.start()
        made.wait_for_items(30, within_s=90)
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


def values(visit: Visit) -> list[str]:
    return visit.page.locator("#nodes .value").all_inner_texts()


@pytest.fixture(params=[(language, width) for language in LANGUAGES for width in WIDTHS], ids=lambda p: f"{p[0]}-{p[1]}")
def visit(request: pytest.FixtureRequest, browser: Browser, running: District) -> Iterator[Visit]:
    language, width = request.param
    with visited(browser, running.fleet.url + "/", language, width, "live") as opened:
        yield opened


def test_the_page_lives(visit: Visit, running: District) -> None:
    page = visit.page
    language = page.locator("html").get_attribute("lang")
    assert language in LANGUAGES
    assert page.locator("h2").first.inner_text() == LANGUAGES[language]
    for node in running.nodes:
        assert page.locator(f"#node-{node} tr").count() >= 2, node
    page.locator("#chart canvas").wait_for()
    before = values(visit)
    wait_until(lambda: values(visit) != before, within_s=15, what="a value that changes")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    assert visit.faults == []


def test_a_visitor_changes_the_language(visit: Visit) -> None:
    page = visit.page
    shown = page.locator("html").get_attribute("lang")
    other = next(code for code in LANGUAGES if code != shown)
    page.locator(f"nav.languages a[lang={other}]").click()
    page.wait_for_url("**/*lang=*")
    assert page.locator("h2").first.inner_text() == LANGUAGES[other]
    page.goto(page.url.split("?")[0])
    assert page.locator("h2").first.inner_text() == LANGUAGES[other], "the choice is remembered"


def test_the_chart_follows_the_chosen_quantity(visit: Visit) -> None:
    page = visit.page
    page.locator("#chart canvas").wait_for()
    legend = page.locator("#chart .u-legend")
    assert all(node in legend.inner_text() for node in ("east-1", "river-2"))
    page.select_option("#quantity", "temperature")
    wait_until(lambda: "east-1" not in legend.inner_text(), within_s=10, what="a chart without the nodes that have no thermometer")
    assert "river-2" in legend.inner_text()
