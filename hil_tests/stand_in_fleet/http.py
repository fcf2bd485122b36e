"""As much of an HTTP/1.1 server as the device API needs: requests with Content-Length, one after the other on each connection.

A response may be cut: the connection is closed after so many bytes of it. Does not depend on what is asked.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from contract.site import device_api

_MOST_HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class Request:
    """`headers`: names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """`sent_bytes`: of the body, before the connection is closed; None: all of it, and the connection stays."""

    status: int = 200
    body: bytes = b""
    media_type: str = device_api.ANSWER_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    sent_bytes: int | None = None


Handler = Callable[[Request], Awaitable[Response]]


class HttpServer:
    """`port`: 0 for a free one; after `stop` again on the same one. `tls`: as it is at `start`."""

    def __init__(self, handler: Handler, port: int = 0) -> None:
        self._handler = handler
        self.tls: ssl.SSLContext | None = None
        self.port = port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls, limit=_MOST_HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Requests that are under way get no response. Also one that does not run."""
        if self._server is None:
            return
        self._server.close()
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._respond(await _read(reader), writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, ValueError):
            pass  # the client has gone, or speaks no HTTP
        except asyncio.CancelledError:
            pass  # stopped: nobody awaits this task but stop()
        finally:
            self._connections.discard(task)
            writer.transport.abort() if self.tls is None else writer.close()

    async def _respond(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays."""
        response = await self._handler(request)
        writer.write(_head(response) + response.body[: response.sent_bytes])
        await writer.drain()
        if response.sent_bytes is None:
            return True
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return False


async def _read(reader: asyncio.StreamReader) -> Request:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:-2])}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    parts = urlsplit(target)
    return Request(method, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, body)


def _head(response: Response) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    if response.status not in (204, 304):
        lines += [f"Content-Length: {len(response.body)}", f"Content-Type: {response.media_type}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
