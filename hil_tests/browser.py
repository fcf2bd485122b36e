"""A person's window on a page, in headless Chromium, and everything in it that went wrong."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

HEIGHT = 900
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# Where to keep pictures for people; a test run of its own keeps none.
PICTURES = os.environ.get("AIRGRID_PICTURES")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield launched
        launched.close()


class Visit:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("requestfailed", self._failed)

    def _failed(self, request: Request) -> None:
        # A page gives up a question itself when it has a newer one, or is left.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"{request.url}: {request.failure}")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)


@contextmanager
def visited(browser: Browser, url: str, language: str, width: int, picture: str, zone: str | None = None) -> Iterator[Visit]:
    """At the end its picture is kept, if pictures are. zone: of the visitor, where it is not that of this machine."""
    context = browser.new_context(locale=language, viewport={"width": width, "height": HEIGHT}, timezone_id=zone)
    visit = Visit(context.new_page())
    visit.page.goto(url)
    yield visit
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        visit.page.screenshot(path=f"{PICTURES}/{picture}-{language}-{width}.png", full_page=True)
    context.close()
