"""Pages without values: they need no store and no script. In the visitor's language, like all pages."""

from functools import cache
from http import HTTPStatus
from pathlib import Path

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, select_autoescape

from fleet.pages import language
from fleet.pages.language_wish import has_wish, remembered

_TEMPLATES = Path(__file__).parent / "templates"


def shown(request: Request, template: str, status: int = 200, **context: object) -> Response:
    code = language.of_visitor(request.cookies, request.headers)
    return _templates(code).TemplateResponse(request, template, {"language": code, **context}, status)


def no_such_page(request: Request) -> Response:
    if has_wish(request):
        return remembered(request)
    return shown(request, "no_such_page.html", HTTPStatus.NOT_FOUND, path=request.scope["path"])


def wait(request: Request, status: HTTPStatus, retry_after_s: int) -> Response:
    """Of a page that cannot be made now. It asks again by itself."""
    return shown(request, "wait.html", status, retry_after_s=retry_after_s, is_own_fault=status == HTTPStatus.TOO_MANY_REQUESTS)


@cache
def _templates(code: str) -> Jinja2Templates:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=select_autoescape(), extensions=["jinja2.ext.i18n"], auto_reload=False,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.install_gettext_translations(language.translations(code), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["languages"] = language.NAMES
    return Jinja2Templates(env=environment)
