"""Which methods a path has, over all routes: the answer 405 names every one of them (RFC 9110, 10.2.1)."""

from fastapi import Request
from starlette.routing import Match, Mount

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OF_FILES = {"GET", "HEAD"}


def methods_of(request: Request) -> list[str]:
    asked = {"type": "http", "path": request.scope["path"], "headers": request.scope["headers"]}
    found: set[str] = set()
    for route in request.app.routes:
        matched = {method for method in _METHODS if route.matches({**asked, "method": method})[0] is Match.FULL}
        found |= matched & _OF_FILES if isinstance(route, Mount) else matched
    return [method for method in _METHODS if method in found]
