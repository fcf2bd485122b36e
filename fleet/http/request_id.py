"""The id of a request: in its answer, in the body of its error, and in each line that is logged while it is worked on, in whatever thread.

A proxy that is believed may have given one (X-Request-ID), so that its log and ours tell of the same; else, or where that is not well
formed, it is made here.
"""

import logging
import re
import secrets
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"
# Nothing that could be taken for more than a word in a log or a page.
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def current() -> str | None:
    """None outside of a request."""
    return _current.get()


class RequestIds:
    """believed: whether every request comes from a proxy of ours."""

    def __init__(self, app: ASGIApp, believed: bool) -> None:
        self._app = app
        self._believed = believed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._given(scope) or secrets.token_hex(8)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        token = _current.set(request_id)
        try:
            await self._app(scope, receive, named)
        finally:
            _current.reset(token)

    def _given(self, scope: Scope) -> str | None:
        given = Headers(scope=scope).getlist(HEADER) if self._believed else []
        return given[0] if len(given) == 1 and _WELL_FORMED.fullmatch(given[0]) else None


class OfRequest(logging.Filter):
    """Gives each line the id of the request that it is of."""

    def filter(self, record: logging.LogRecord) -> bool:
        if request_id := current():
            record.request = request_id
        return True
