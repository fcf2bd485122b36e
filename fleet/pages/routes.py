"""The pages for people. Read only, open to whoever reaches the port: what the air is like is public, who may change things is not."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, select_autoescape
from sqlalchemy import Connection, Engine

from fleet import readings
from fleet.clock import Clock
from fleet.pages import language, live_view, words

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
LANGUAGE_COOKIE = "airgrid_language"
LANGUAGE_COOKIE_S = 365 * 86_400

# Only what we serve ourselves may run; htmx needs no eval for what the pages use.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def _templates(code: str) -> Jinja2Templates:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=select_autoescape(), extensions=["jinja2.ext.i18n"], auto_reload=False
    )
    environment.install_gettext_translations(language.translations(code), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["languages"] = language.NAMES
    return Jinja2Templates(env=environment)


class Pages:
    """Renders with the catalogue of the visitor's language, from one read of the store."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._templates = {code: _templates(code) for code, _ in language.NAMES}

    def live(self, request: Request, wished: str | None) -> Response:
        code = _language(request, wished)
        response = self._render(request, "live.html", code)
        if wished is not None:
            response.set_cookie(LANGUAGE_COOKIE, code, max_age=LANGUAGE_COOKIE_S, httponly=True, samesite="lax")
        return response

    def part(self, request: Request, template: str) -> Response:
        return self._render(request, template, _language(request, None))

    def chart(self, request: Request, quantity: str) -> Response:
        translate = language.translations(_language(request, None)).gettext
        now_ms = self._clock.utc_ms()
        with self._engine.connect() as connection:
            unit, of_nodes = _last_hour(connection, quantity, now_ms)
        times, lines = live_view.chart_lines(of_nodes)
        shown = {
            "quantity": quantity,
            "unit": words.unit(unit),
            "time_label": translate("Time"),
            "from_s": (now_ms - live_view.HOUR_MS) / 1000,
            "to_s": now_ms / 1000,
            "times": times,
            "lines": [{"label": label, "values": values} for label, values in lines],
        }
        return JSONResponse(shown, headers=HEADERS)

    def _render(self, request: Request, template: str, code: str) -> Response:
        translate = language.translations(code).gettext
        with self._engine.connect() as connection:
            latest = readings.latest(connection, self._clock.utc_ms())
            view = live_view.overview(readings.nodes(connection), latest, translate)
        context: dict[str, Any] = {"language": code, "view": view, "quantities": live_view.choices(latest, translate)}
        return self._templates[code].TemplateResponse(request, template, context, headers=HEADERS)


def _last_hour(connection: Connection, quantity: str, now_ms: int) -> tuple[str, list[tuple[str, list[readings.Point]]]]:
    # On whole steps, so that a moving hour does not shift every point of the chart.
    to_ms = now_ms // live_view.CHART_STEP_MS * live_view.CHART_STEP_MS + live_view.CHART_STEP_MS
    wanted = readings.Span(to_ms - live_view.HOUR_MS, to_ms, step_ms=live_view.CHART_STEP_MS)
    series = [readings.series(connection, node.id, quantity, None, wanted) for node in readings.nodes(connection)]
    return series[0].unit if series else "", [(one.node, one.points) for one in series]


def _language(request: Request, wished: str | None) -> str:
    return language.choose(wished, request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))


def router(engine: Engine, clock: Clock) -> APIRouter:
    pages = Pages(engine, clock)
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @routes.get("/")
    def live(request: Request, lang: str | None = Query(None, max_length=10)) -> Response:
        return pages.live(request, lang)

    @routes.get("/live/nodes")
    def nodes(request: Request) -> Response:
        return pages.part(request, "nodes.html")

    @routes.get("/live/summary")
    def summary(request: Request) -> Response:
        return pages.part(request, "summary.html")

    @routes.get("/live/chart.json")
    def chart(request: Request, quantity: str = Query(max_length=40)) -> Response:
        return pages.chart(request, quantity)

    return routes
