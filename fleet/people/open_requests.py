"""Requests that are open, and the end of those whose access has ended: a middleware that knows each of them, and a task that looks.

A request tells whose it is through `note`. Without an answer yet it is answered 401; an answer that has begun is cut off, which its
receiver sees by the length that is missing.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.site import device_api
from fleet.errors import UnauthorisedError
from fleet.http.problems import STORE_RETRY_AFTER_S, problem
from fleet.people.access import HOLDS_MS, LOOK_S, Access, Grants

# The tokens of this kind, by digest, that are valid now, with the rights that they give.
FindValid = Callable[[str, Collection[str]], Awaitable[Mapping[str, Grants]]]

ACCESS_ENDED = "access_ended"
ACCESS_UNJUDGED = "access_unjudged"
# In the scope of a request: how a transport is cut off, put there by the protocol of the listener.
ABORT = "airgrid.abort"
# Beside it: how the listener is told which client this is.
KNOWN = "airgrid.known"
# Of a long answer, so much is given to the server at once.
PIECE_BYTES = 65_536
_KEY = "airgrid.open_request"

_log = logging.getLogger(__name__)


def note(request: Request, access: Access) -> None:
    """From now on the request is open for as long as this access lasts."""
    request.scope[_KEY].access = access
    request.scope.get("extensions", {}).get(KNOWN, lambda _: None)(f"{access.kind} {access.name}")


def judge_again(request: Request) -> None:
    """Before it is answered, whatever was found before: what it waited for may have come with the end of its access."""
    one = request.scope[_KEY]
    if one.access is not None:
        one.access = replace(one.access, judged_ms=one.access.judged_ms - HOLDS_MS)


class OpenRequests:
    """Bounded by the connections of the listener. counts: requests ended, and looks at which the store did not answer."""

    def __init__(self, find_valid: FindValid, monotonic_ms: Callable[[], int], counts: Counter[str]) -> None:
        self._find_valid = find_valid
        self.monotonic_ms = monotonic_ms
        self._counts = counts
        self._open: set[OpenRequest] = set()
        self._news = asyncio.Event()

    async def run(self) -> None:
        """For ever, beside the application."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()
            everything = self._news.is_set()
            self._news.clear()
            now_ms = self.monotonic_ms()
            await self._look([one for one in self._open if one.access and (everything or not one.access.holds(now_ms))])

    def look_now(self) -> None:
        """A token was ended."""
        self._news.set()

    def enter(self, one: "OpenRequest") -> None:
        self._open.add(one)

    def leave(self, one: "OpenRequest") -> None:
        self._open.discard(one)

    def unjudged(self) -> None:
        self._counts[ACCESS_UNJUDGED] += 1

    async def judge(self, one: "OpenRequest") -> None:
        """Raises UnauthorisedError; whatever the store raises when it cannot be asked."""
        if one.access is None or one.access.holds(now_ms := self.monotonic_ms()):
            return
        if not _is_same(one.access, await self._find_valid(one.access.kind, {one.access.digest})):
            self._counts[ACCESS_ENDED] += 1
            raise UnauthorisedError
        one.access = replace(one.access, judged_ms=now_ms)

    async def _look(self, due: "list[OpenRequest]") -> None:
        now_ms = self.monotonic_ms()
        for kind in {one.access.kind for one in due if one.access}:
            of_kind = {one: one.access for one in due if one.access and one.access.kind == kind}
            try:
                valid = await self._find_valid(kind, {access.digest for access in of_kind.values()})
            except Exception:  # noqa: BLE001 - outer edge of the task: a store that is away for a while must not end the look
                self.unjudged()
                continue
            for one, access in of_kind.items():
                if _is_same(access, valid):
                    one.access = replace(access, judged_ms=now_ms)
                elif one in self._open:
                    self._counts[ACCESS_ENDED] += 1
                    one.end()


def _is_same(access: Access, valid: Mapping[str, Grants]) -> bool:
    """With other rights than it began with an answer would show what it must not: it ends, and is asked for anew."""
    return valid.get(access.digest) == access.grants


class OpenRequest:
    def __init__(self, task: "asyncio.Task[object]") -> None:
        self._task = task
        self.access: Access | None = None
        self.ended = False

    def end(self) -> None:
        self.ended = True
        self.access = None
        self._task.cancel()

    def take_back(self) -> None:
        """After its end has reached the request: the task itself goes on."""
        self._task.uncancel()


class AccessWatch:
    def __init__(self, app: ASGIApp, requests: OpenRequests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        task = asyncio.current_task()
        assert task is not None
        one = scope[_KEY] = OpenRequest(task)
        answer = _JudgedAnswer(one, self._requests, send)
        self._requests.enter(one)
        try:
            await self._app(scope, receive, answer.send)
        except asyncio.CancelledError:
            if not one.ended:
                raise
            one.take_back()
        finally:
            self._requests.leave(one)
        if not one.ended:
            return
        if answer.started:
            _log.info("cut off, because the access has ended: %s %.100r", scope["method"], scope["path"])
            scope.get("extensions", {}).get(ABORT, lambda: None)()
        else:
            await _refusal()(scope, receive, send)


class _JudgedAnswer:
    """Judges once more before the answer begins; where the access has ended, the refusal takes its place."""

    def __init__(self, one: OpenRequest, requests: OpenRequests, send: Send) -> None:
        self._one = one
        self._requests = requests
        self._send = send
        self._replaced = False
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            replacement = await self._replacement(message["status"])
            self.started = True
            if replacement:
                self._replaced = True
                await self._send_whole(replacement)
        if not self._replaced:
            await self._send_in_pieces(message)

    async def _send_in_pieces(self, message: Message) -> None:
        # The server waits for a slow receiver before it takes another piece, and not behind the last one: so a request lasts about as
        # long as its answer, and can be cut off.
        body = message.get("body", b"")
        if self._one.access is None or len(body) <= PIECE_BYTES:
            await self._send(message)
            return
        last = (len(body) - 1) // PIECE_BYTES * PIECE_BYTES
        for begin in range(0, last, PIECE_BYTES):
            await self._send({**message, "body": body[begin : begin + PIECE_BYTES], "more_body": True})
        await self._send({**message, "body": body[last:]})

    async def _replacement(self, status: int) -> Response | None:
        if status >= HTTPStatus.BAD_REQUEST:
            return None  # nothing is given away
        try:
            await self._requests.judge(self._one)
        except UnauthorisedError:
            return _refusal()
        except Exception:  # noqa: BLE001 - whatever the store raises: what cannot be judged is not answered
            self._requests.unjudged()
            headers = {device_api.RETRY_AFTER_HEADER: str(STORE_RETRY_AFTER_S)}
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the store cannot be used now", None, headers)
        return None

    async def _send_whole(self, response: Response) -> None:
        await self._send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        await self._send({"type": "http.response.body", "body": response.body})


def _refusal() -> Response:
    return problem(HTTPStatus.UNAUTHORIZED, str(UnauthorisedError()), None, {"WWW-Authenticate": "Bearer"})
