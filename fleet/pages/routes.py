"""The pages for people. Read only, open to anyone who reaches the port: what the air is like is public, who may change things is not."""

from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, select_autoescape
from sqlalchemy import Connection
from starlette.types import Scope

from contract.site import display_names as names
from fleet.api.dependencies import ServiceDependency
from fleet.http.answers import REVALIDATED
from fleet.pages import language, live_view
from fleet.pages.live_view import Wording
from fleet.record import latest, node_list, series
from fleet.record.series import Point, Span
from fleet.service import Service

_FOLDER = Path(__file__).parent
_LANGUAGE_COOKIE = "airgrid_language"
_LANGUAGE_COOKIE_S = 365 * 86_400


class _StaticFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(REVALIDATED)
        return response


router = APIRouter(include_in_schema=False)
static_files = _StaticFiles(directory=_FOLDER / "static")


@router.get("/")
def live(request: Request, service: ServiceDependency, lang: Annotated[str | None, Query(max_length=10)] = None) -> Response:
    code = _language(request, lang)
    response = _render(request, service, "live.html", code)
    if lang is not None:
        response.set_cookie(_LANGUAGE_COOKIE, code, max_age=_LANGUAGE_COOKIE_S, httponly=True, samesite="lax")
    return response


@router.get("/live/overview")
def overview(request: Request, service: ServiceDependency) -> Response:
    return _render(request, service, "overview.html", _language(request))


@router.get("/live/chart.json")
def chart(request: Request, service: ServiceDependency, quantity: Annotated[str, Query(max_length=40)]) -> Response:
    now_ms = service.clock.utc_ms()
    unit, of_nodes = service.read(lambda connection: _last_hour(connection, quantity, now_ms))
    times, lines = live_view.chart_lines(of_nodes)
    shown = {
        "quantity": quantity,
        "unit": names.unit(unit),
        "time_label": language.translations(_language(request)).gettext("Time"),
        "from_s": (now_ms - live_view.HOUR_MS) / 1000,
        "to_s": now_ms / 1000,
        "times": times,
        "lines": [{"label": label, "values": values} for label, values in lines],
    }
    return JSONResponse(shown)


def _last_hour(connection: Connection, quantity: str, now_ms: int) -> tuple[str, list[tuple[str, list[Point]]]]:
    # On whole steps, so that a moving hour does not shift every point of the chart.
    to_ms = (now_ms // live_view.CHART_STEP_MS + 1) * live_view.CHART_STEP_MS
    wanted = Span(to_ms - live_view.HOUR_MS, to_ms, step_ms=live_view.CHART_STEP_MS)
    found = [series.node_series(connection, node.id, quantity, None, wanted) for node in node_list.nodes(connection)]
    return found[0].unit if found else "", [(of_node.node, of_node.points) for of_node in found]


def _render(request: Request, service: Service, template: str, code: str) -> Response:
    wording = Wording(code, language.translations(code).gettext)
    now_ms = service.clock.utc_ms()
    known, newest = service.read(lambda connection: (node_list.nodes(connection), latest.latest(connection, now_ms)))
    view = live_view.overview(known, newest, wording)
    context = {"language": code, "at_ms": now_ms, "view": view, "quantities": live_view.choices(newest, wording)}
    return _templates(code).TemplateResponse(request, template, context)


@cache
def _templates(code: str) -> Jinja2Templates:
    loader = FileSystemLoader(_FOLDER / "templates")
    environment = Environment(loader=loader, autoescape=select_autoescape(), extensions=["jinja2.ext.i18n"], auto_reload=False)
    environment.install_gettext_translations(language.translations(code), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["languages"] = language.NAMES
    return Jinja2Templates(env=environment)


def _language(request: Request, wished: str | None = None) -> str:
    return language.choose(wished, request.cookies.get(_LANGUAGE_COOKIE), request.headers.get("accept-language", ""))
