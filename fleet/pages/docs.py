"""The page that explains the API to people, made of what the service itself describes. No script, nothing from elsewhere."""

from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response

from fleet.api.dependencies import ServiceDependency
from fleet.options import Configuration
from fleet.pages import api_reference, language, plain_pages
from fleet.pages.api_reference import Route

router = APIRouter(include_in_schema=False)


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
    "schemas": _("Schemas"),
    "device": _("What gateways call"),
    "health": _("Health"),
}


@router.get("/docs")
def docs(request: Request, service: ServiceDependency, lang: Annotated[str | None, Query(max_length=10)] = None) -> Response:
    translate = language.translations(plain_pages.language_of(request)).gettext
    titles = {name: translate(title) for name, title in TITLES.items()}
    shown: dict[str, Any] = {"groups": _groups(request.app), "titles": titles, "zone": service.configuration.time_zone}
    return plain_pages.shown(request, "docs.html", **shown, base=_base(service.configuration))


@lru_cache(4)
def _groups(app: FastAPI) -> dict[str, list[Route]]:
    return api_reference.groups(app.openapi())


def _base(configuration: Configuration) -> str:
    # Never made of the Host that was asked for: that is the asker's word.
    scheme = "https" if configuration.tls_certificate or configuration.behind_tls_proxy else "http"
    host = "127.0.0.1" if configuration.host == "0.0.0.0" else configuration.host
    return f"{scheme}://{host}:{configuration.port}"
