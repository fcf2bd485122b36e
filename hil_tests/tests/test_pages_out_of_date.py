"""A page that is out of date says so, on both pages: its service killed or stopped, or its answers no longer new. As a person sees it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Request, Route

from hil_tests.browser import chromium
from hil_tests.district import District
from hil_tests.plan import one_node
from hil_tests.processes import Program

pytestmark = pytest.mark.hil

SITE = "east-gate"
PAGES = ("fleet", "gateway")
QUESTIONS = {"fleet": "**/live/overview*", "gateway": "**/status.json"}
# The page's own limits are 8 s and 6 s; a busy machine may need more.
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with District(one_node(period_ms=2000), tmp_path_factory.mktemp("stale")) as made:
        made.start()
        made.wait_for_items(2, within_s=60)
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture(params=PAGES)
def shown(request: pytest.FixtureRequest, browser: Browser, running: District) -> Iterator[tuple[str, Page, Program]]:
    """The kind of page, with values on it, and the program that serves it."""
    gateway = running.gateways[SITE]
    urls = {"fleet": running.fleet.url + "/", "gateway": f"http://127.0.0.1:{gateway.web_port}/"}
    programs = {"fleet": running.fleet.program, "gateway": gateway.program}
    context = browser.new_context(locale="en", viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(urls[request.param])
    page.locator("[data-age-s]").first.wait_for()
    yield request.param, page, programs[request.param]
    context.close()


def is_out_of_date(page: Page) -> None:
    """Returns when the banner is there, with its time, and nothing else is coloured; raises when it does not come."""
    banner = page.locator("#stale")
    banner.wait_for(timeout=PATIENCE_MS)
    assert "UTC" in banner.inner_text()
    for chip in page.locator(".fades .chip").all():
        assert colour(page, ".fades .chip", "color") == soft(page), chip.inner_text()
    assert colour(page, ".fades b", "color") == soft(page)


def is_fresh(page: Page) -> None:
    page.locator("#stale").wait_for(state="hidden", timeout=PATIENCE_MS)


def colour(page: Page, selector: str, which: str) -> str:
    # Looked up and asked in one step: the page replaces its elements at any moment, and one that was replaced has no colour.
    return str(page.evaluate("([s, which]) => getComputedStyle(document.querySelector(s))[which]", [selector, which]))


def soft(page: Page) -> str:
    return str(page.evaluate("() => { const e = document.createElement('i'); e.className = 'soft'; document.body.append(e);"
                             " const c = getComputedStyle(e).color; e.remove(); return c; }"))  # fmt: skip


@contextmanager
def stopped(program: Program) -> Iterator[None]:
    os.kill(program.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(program.pid, signal.SIGCONT)


Shown = tuple[str, Page, Program]


def test_a_service_that_stands_still_is_noticed_and_ages_count_on(shown: Shown) -> None:
    _, page, program = shown
    is_fresh(page)
    before = page.locator("[data-age-s]").first.inner_text()
    with stopped(program):
        is_out_of_date(page)
        assert page.locator("[data-age-s]").first.inner_text() != before
    is_fresh(page)


def test_a_killed_service_is_noticed_until_it_is_back(shown: Shown, running: District) -> None:
    _, page, program = shown
    is_fresh(page)
    program.kill()
    try:
        is_out_of_date(page)
    finally:
        program.start()
        program.wait_for(running.fleet.port if program is running.fleet.program else running.gateways[SITE].web_port)
    is_fresh(page)


def test_an_answer_that_was_given_before_is_not_taken_for_a_new_one(shown: Shown) -> None:
    kind, page, _ = shown
    with page.expect_response(QUESTIONS[kind]) as caught:
        pass
    body, kept = caught.value.body(), caught.value.all_headers()
    headers = {name: value for name, value in kept.items() if name in ("content-type", "date")}
    page.route(QUESTIONS[kind], lambda route: again(route, body, headers))
    is_out_of_date(page)
    page.unroute_all()
    is_fresh(page)


def again(route: Route, body: bytes, headers: dict[str, str]) -> None:
    route.fulfill(status=200, body=body, headers=headers)


def test_never_two_questions_are_under_way(shown: Shown) -> None:
    _, page, program = shown
    open_now: set[Request] = set()
    most: list[int] = [0]

    def asked(request: Request) -> None:
        open_now.add(request)
        most.append(len(open_now))

    page.on("request", asked)
    page.on("requestfinished", lambda request: open_now.discard(request))
    page.on("requestfailed", lambda request: open_now.discard(request))
    with stopped(program):
        is_out_of_date(page)
    is_fresh(page)
    assert max(most) == 1
