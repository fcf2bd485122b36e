"""Around every answer: the headers that all of them carry, and how an answer ends when its client has left or the service is at fault.

Only what says otherwise itself may be kept by who receives it (static files and what has an ETag): everything else is no-store. Nothing
of an answer is made of the Host that was asked for.
"""

import logging
from collections import Counter
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet.http.problems import problem

HEADERS = {
    # Only what we serve ourselves may run or be shown, and nobody may put it into a frame.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# What may be kept, but is asked for again by its ETag each time.
REVALIDATED = {"Cache-Control": "private, no-cache"}

CLIENTS_LEFT = "clients_left"
UNEXPECTED_ERRORS = "unexpected_errors"

_log = logging.getLogger(__name__)


class Answers:
    """counts: how many clients left before their answer, and how many errors nobody expected."""

    def __init__(self, app: ASGIApp, counts: Counter[str]) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(receive, send)
        try:
            await self._app(scope, answer.receive, answer.send)
        except ClientDisconnect:
            pass  # seen by answer.receive
        except Exception:  # noqa: BLE001 - outer edge of a request: logged whole, and answered like every other error
            self._counts[UNEXPECTED_ERRORS] += 1
            _log.exception("unexpected error at %s %.100r", scope["method"], scope["path"])
            if not answer.started:
                response = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of the service; it is in the log")
                await response(scope, receive, answer.send)
        if answer.left:
            self._counts[CLIENTS_LEFT] += 1
            _log.info("a client left before its answer: %s %.100r", scope["method"], scope["path"])


class _Answer:
    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._ended = False
        self.started = False
        self.left = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self._ended:
            self.left = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        elif not message.get("more_body", False):
            self._ended = True
        await self._send(message)
