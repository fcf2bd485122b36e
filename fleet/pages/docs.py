"""The page that explains the API to people, made of what the service itself describes, and that description for programs. No script,
nothing from elsewhere.
"""

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from fleet.api.dependencies import ServiceDependency
from fleet.http.shared_answers import Lasting
from fleet.options import Configuration
from fleet.pages import api_reference, language, plain_pages
from fleet.pages.api_reference import Route
from fleet.pages.public import PublicDependency
from fleet.pages.shared_route import SharedRoute

# Both change with the version only.
_LASTS_MS = 60_000
# What a service answered to the examples (fleet/tests/example_answers.py).
ANSWERS = "api_answers.json"

router = APIRouter(include_in_schema=False, route_class=SharedRoute)


def _(message: str) -> str:
    # Marks a message for the catalogue; it is translated where it is shown.
    return message


# Tag of the routes -> how the page calls them.
TITLES = {
    "readings": _("Readings"),
    "alarms": _("Alarms and events"),
    "registry": _("Sites, gateways and nodes"),
    "gateways": _("Configuration of gateways"),
    "people": _("People and what they changed"),
    "background": _("Work in the background"),
    "schemas": _("Schemas"),
    "device": _("What gateways call"),
    "health": _("Health"),
}


@router.get("/docs")
async def docs(request: Request, public: PublicDependency, service: ServiceDependency) -> Response:
    return await public.pages.reader.run(_page, request, service.configuration)


@router.api_route("/openapi.json", methods=["GET", "HEAD"])
async def openapi(request: Request, public: PublicDependency) -> Response:
    app: FastAPI = request.app
    return await public.pages.reader.run(lambda: Lasting(json.dumps(app.openapi(), ensure_ascii=False), _LASTS_MS, "application/json"))


def _page(request: Request, configuration: Configuration) -> Response:
    translate = language.translations(language.of_visitor(request.cookies, request.headers)).gettext
    titles = {name: translate(title) for name, title in TITLES.items()}
    shown: dict[str, Any] = {"groups": _groups(request.app), "titles": titles, "zone": configuration.time_zone}
    page = plain_pages.shown(request, "docs.html", **shown, base=_base(configuration))
    return Lasting(bytes(page.body), _LASTS_MS, page.headers["content-type"])


@lru_cache(4)
def _groups(app: FastAPI) -> dict[str, list[Route]]:
    answers = json.loads(files("fleet.pages").joinpath(ANSWERS).read_bytes())
    return api_reference.groups(app.openapi(), answers)


def _base(configuration: Configuration) -> str:
    # Never made of the Host that was asked for: that is the asker's word.
    scheme = "https" if configuration.tls_certificate or configuration.behind_tls_proxy else "http"
    host = "127.0.0.1" if configuration.host == "0.0.0.0" else configuration.host
    return f"{scheme}://{host}:{configuration.port}"
