"""Pages without values: they need no store and no script. In the visitor's language, like all pages."""

from functools import cache
from pathlib import Path

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, select_autoescape

from fleet.pages import language

_TEMPLATES = Path(__file__).parent / "templates"
# Where the other pages keep which language the visitor has chosen.
_LANGUAGE_COOKIE = "airgrid_language"


def shown(request: Request, template: str, status: int = 200, **context: object) -> Response:
    code = language_of(request)
    return _templates(code).TemplateResponse(request, template, {"language": code, **context}, status)


def no_such_page(request: Request) -> Response:
    return shown(request, "no_such_page.html", 404, path=request.url.path)


def language_of(request: Request) -> str:
    remembered, accepted = request.cookies.get(_LANGUAGE_COOKIE), request.headers.get("accept-language", "")
    return language.choose(request.query_params.get("lang"), remembered, accepted)


@cache
def _templates(code: str) -> Jinja2Templates:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=select_autoescape(), extensions=["jinja2.ext.i18n"], auto_reload=False,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.install_gettext_translations(language.translations(code), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["languages"] = language.NAMES
    return Jinja2Templates(env=environment)
