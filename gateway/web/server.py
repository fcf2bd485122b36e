"""The local page and the metrics of a site over HTTP, within limits, on a thread with an event loop of its own: nobody who asks, or only
holds a connection, takes time or descriptors from what carries data."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage

from gateway.counters import Counters
from gateway.errors import PageError
from gateway.web.answer import Answer, refusal
from gateway.web.answers import Answers, Asked, Site
from gateway.web.other_loop import OtherLoop, run_on_thread
from gateway.web.page_port import open_page
from host.listening.addresses import Addresses
from host.listening.connection import Connection
from host.listening.limits import Limits
from host.listening.listener import Listener

_MOST_BODY_BYTES = 1024
_MOST_LINE_BYTES, _MOST_HEADERS = 2048, 40
# Written at once; the next part waits until the client has taken this one, so that a slow one holds no copy of the answer.
_PART_BYTES = 65_536
_GATEWAY_ANSWERS_S = 5.0
_COUNT_S = 1.0
# The state of a page that is not wanted.
NO_PAGE: dict[str, str | bool] = {"address": "none", "listens": False, "fault": ""}


class LocalServer:
    def __init__(self, address: tuple[str, int], limits: Limits, site: Site, counters: Counters, monotonic_s: Callable[[], float]) -> None:
        self._address = address
        self._limits = limits
        self._site = site
        self._counters = counters
        self._monotonic_s = monotonic_s
        self._counted: Counter[str] = Counter()
        self._listens, self._fault = False, ""

    def state(self) -> dict[str, str | bool]:
        """For health reports. `fault`: why its port could not be opened, and what to do; empty when it could."""
        host, port = self._address
        return {"address": f"{host}:{port}", "listens": self._listens, "fault": self._fault}

    async def run(self) -> None:
        """Serves until it is cancelled. Raises PageError when the port is taken: supervision tries again."""
        page = _Page(self._limits, self._site, OtherLoop(asyncio.get_running_loop(), _GATEWAY_ANSWERS_S), self._monotonic_s)
        bound = self._open()
        self._counted.clear()
        serving = asyncio.create_task(run_on_thread("local page", lambda: page.serve(bound)))
        try:
            while not serving.done():
                await asyncio.wait({serving}, timeout=_COUNT_S)
                self._count(page.counts())
            serving.result()
        finally:
            self._listens = False
            serving.cancel()
            await asyncio.wait({serving})
            self._count(page.counts())

    def _open(self) -> socket.socket:
        try:
            bound = open_page(*self._address)
        except PageError as error:
            self._fault = str(error)
            raise
        self._listens, self._fault = True, ""
        return bound

    def _count(self, counts: Counter[str]) -> None:
        """The counters belong to this thread."""
        for name, count in (counts - self._counted).items():
            self._counters.add(name, count)
        self._counted = counts


class _Page:
    """On the thread of the page."""

    def __init__(self, limits: Limits, site: Site, other: OtherLoop, monotonic_s: Callable[[], float]) -> None:
        self._answers = Answers(site, other, monotonic_s)
        self._listener = Listener("local page", limits, self._protocol, monotonic_s, Addresses(monotonic_s))
        self._server: web.Server | None = None

    def counts(self) -> Counter[str]:
        """May be called on another thread: copies are made in one step."""
        found = self._answers.counts.copy()
        found.update({f"web.{reason}": count for reason, count in dict(self._listener.counts).items()})
        return found

    async def serve(self, bound: socket.socket) -> None:
        self._server = web.Server(self._handle, request_factory=_request)
        await self._listener.serve(bound)

    def _protocol(self, connection: Connection) -> asyncio.Protocol:
        assert self._server is not None
        return _Protocol(self._server, connection)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        protocol = request.protocol
        assert isinstance(protocol, _Protocol)
        if not request.body_exists:
            protocol.connection.asked()
        else:
            protocol.connection.headed()
        answer = await self._answers.answer(_asked(request, protocol.connection))
        try:
            return await _send(request, answer)
        finally:
            protocol.connection.answered()


class _Protocol(web.RequestHandler):
    """Of one connection. What is no HTTP gets the headers of every answer too, and no line in the log."""

    __slots__ = ("connection",)

    def __init__(self, server: web.Server, connection: Connection) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]
            max_line_size=_MOST_LINE_BYTES,
            max_field_size=_MOST_LINE_BYTES,
            max_headers=_MOST_HEADERS,
            lingering_time=0,
            auto_decompress=False,
        )
        self.connection = connection

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        if exc is not None and status == 500:
            self.log_exception("local page", exc_info=exc)
        answer = refusal(status, "This request is not understood." if status < 500 else "This request has failed.")
        response = web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        response.force_close()
        return response


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: web.RequestHandler,
    writer: AbstractStreamWriter,
    task: "asyncio.Task[None]",
) -> web.BaseRequest:
    return web.BaseRequest(message, payload, protocol, writer, task, asyncio.get_running_loop(), client_max_size=_MOST_BODY_BYTES)


def _asked(request: web.BaseRequest, connection: Connection) -> Asked:
    async def body() -> bytes | None:
        try:
            return await request.read()
        except (web.HTTPRequestEntityTooLarge, web.RequestPayloadError):
            return None
        finally:
            connection.asked()

    transport = request.transport
    own = (transport and transport.get_extra_info("sockname")) or ("",)
    return Asked(request.method, request.path, request.headers, connection.address, str(own[0]), body)


async def _send(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    if answer.closes:
        response.force_close()
    await response.prepare(request)
    if request.method != "HEAD":
        body = memoryview(answer.body)
        for start in range(0, len(body), _PART_BYTES):
            await response.write(body[start : start + _PART_BYTES])
    await response.write_eof()
    return response
