"""A page in its visitor's language: whole, or only its parts when it asks for newer values of itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, select_autoescape

from fleet.pages import language, node_rows, words
from fleet.pages.wording import Wording

_FOLDER = Path(__file__).parent / "templates"
LAST_MS = 253_402_300_799_999  # the calendar ends with the year 9999; a misbehaving clock may be beyond

# Under this a page is asked for its parts: by the script of the page itself.
LIVE = "/live"


class Visitor:
    """Who asks, in which language, and for what of the page."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.code = language.of_visitor(request.cookies, request.headers)
        self.wording = Wording(self.code, language.translations(self.code).gettext)
        self.wants_parts = request.url.path.startswith(LIVE + "/")

    def shown(self, template: str, context: Mapping[str, Any]) -> Response:
        """`template`: of the page, without its ending; beside it stands the one of its parts."""
        name, body = ("parts.html", f"{template}_parts.html") if self.wants_parts else (f"{template}.html", "")
        everywhere = {"language": self.code, "wording": self.wording, "body": body, "in_language": self._in_language}
        everywhere |= {"here": self.request.url.path, "utc": utc, "unit_of": node_rows.unit_of, "settings_states": words.SETTINGS_STATES}
        return _templates(self.code).TemplateResponse(self.request, name, {**everywhere, **context})

    def _in_language(self, code: str) -> str:
        """The address of this page in that language."""
        return "?" + self.request.url.include_query_params(lang=code).query


async def _visitor(request: Request) -> Visitor:
    return Visitor(request)


VisitorDependency = Annotated[Visitor, Depends(_visitor)]


def utc(at_ms: int) -> str:
    """A moment for those without JavaScript; with it, live.js writes it in the browser's zone."""
    return datetime.fromtimestamp(min(max(0, at_ms), LAST_MS) // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@cache
def _templates(code: str) -> Jinja2Templates:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(),
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(language.translations(code), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["languages"] = language.NAMES
    return Jinja2Templates(env=environment)
