"""The local status page and the metrics of a site, for a phone beside the box and for Prometheus. Shows; changes nothing but by the PIN."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from gateway.configuration import WebSection
from gateway.counters import Counters
from gateway.errors import StoreError
from gateway.time.clock import Clock
from gateway.web import page_words, pin
from gateway.web.live_status import LiveStatus

_LOG = logging.getLogger(__name__)
_FOLDER = Path(__file__).parent
_MOST_BODY_BYTES = 1024
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_PAGE_FILES = {
    "/": ("page.html", "text/html"),
    "/house.css": ("house.css", "text/css"),
    "/page.css": ("page.css", "text/css"),
    "/fresh.js": ("fresh.js", "text/javascript"),
    "/times.js": ("times.js", "text/javascript"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.svg": ("page.svg", "image/svg+xml"),
}
_STATUS_OF = {pin.WRONG: 403, pin.LOCKED: 429, pin.NO_PIN: 403}


class LocalServer:
    def __init__(
        self,
        section: WebSection,
        status: LiveStatus,
        counters: Counters,
        pin_check: pin.PinCheck,
        test_alarm: Callable[[], Awaitable[None]],
        clock: Clock,
    ) -> None:
        """`test_alarm` raises StoreError when the test cannot be stored."""
        self._section = section
        self._status = status
        self._counters = counters
        self._pin = pin_check
        self._test_alarm = test_alarm
        self._clock = clock

    async def run(self) -> None:
        """Serves until it is cancelled. Raises OSError when the port is taken: supervision tries again."""
        runner = web.AppRunner(self.application(), access_log=None, handle_signals=False)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._section.host, self._section.port).start()
            _LOG.info("local page", extra={"host": self._section.host, "port": self._section.port})
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    def application(self) -> web.Application:
        app = web.Application(client_max_size=_MOST_BODY_BYTES)
        for path, (name, kind) in _PAGE_FILES.items():
            app.router.add_get(path, _text((_FOLDER / name).read_text(encoding="utf-8"), kind))
        app.router.add_get("/page_words.js", _text(page_words.script(), "text/javascript"))
        app.router.add_get("/status.json", self._show_status)
        app.router.add_get("/metrics", self._show_metrics)
        app.router.add_post("/alarm-test", self._run_alarm_test)
        app.on_response_prepare.append(_harden)
        return app

    async def _show_status(self, request: web.Request) -> web.Response:
        return web.json_response(await self._status.shown())

    async def _show_metrics(self, request: web.Request) -> web.Response:
        from gateway.web.exposition import exposition  # here: a gateway that is not scraped does without the library

        text = exposition(await self._status.reading())
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _run_alarm_test(self, request: web.Request) -> web.Response:
        try:
            given = (await request.json())["pin"]
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
            return web.json_response({"result": "not_understood"}, status=400)
        verdict = self._pin.judge(given if isinstance(given, str) else "", self._clock.monotonic_s())
        if verdict != pin.RIGHT:
            self._counters.add("web.pin_refused")
            return web.json_response({"result": verdict}, status=_STATUS_OF[verdict])
        try:
            await self._test_alarm()
        except StoreError as error:
            return web.json_response({"result": "not_stored", "reason": error.reason}, status=503)
        self._counters.add("web.alarm_tests")
        _LOG.info("alarm test, by the local page")
        return web.json_response({"result": "sent"})


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _text(content: str, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def show(request: web.Request) -> web.Response:
        return web.Response(text=content, content_type=kind)

    return show
