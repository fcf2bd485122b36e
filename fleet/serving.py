"""The port of the service: uvicorn, whose connections come in through a listener within limits, and its log, which is limited too.

Does not depend on what is served. What a stranger can hold is a connection, which is closed for one that speaks (host/listening).
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from fleet.api.health import CONNECTION_COUNTS
from fleet.errors import ConfigurationError
from fleet.http.answers import HEADERS
from fleet.listening_places import Place, write_down
from fleet.options import Configuration
from fleet.people.open_requests import ABORT, KNOWN
from host.listening.addresses import Addresses
from host.listening.connection import Connection
from host.listening.descriptors import connections_within, raise_soft_limit
from host.listening.limits import Limits
from host.listening.listener import BACKLOG, Listener, open_port

# Kept for the store, its log and its readers, the signing key, the watchdog, and what answers are made of.
RESERVED_DESCRIPTORS = 256
# Of the line and the headers of a request.
MOST_HEAD_BYTES = 64 << 10
# Of a thread that computes while others wait for the interpreter. A delivery changes threads some thirty times, and each time it would
# wait for Python's usual 5 ms while a page is made.
LONGEST_TURN_S = 0.0005
# An answer under way at a stop has so long to end.
_LAST_S = 5
# Longer than the listener allows: one part decides.
_KEEP_ALIVE_S = 3600

_LOG = logging.getLogger(__name__)


def limits_for(configuration: Configuration, soft_descriptors: int) -> Limits:
    """Behind a proxy every connection has the proxy's address: then that limit is never reached."""
    total = connections_within(soft_descriptors, RESERVED_DESCRIPTORS, BACKLOG, configuration.connections)
    by_address = total + 1 if configuration.behind_tls_proxy else configuration.connections_by_address
    return Limits(total=total, by_address=by_address, body_s=float(configuration.body_s))


def serve(
    app: FastAPI, configuration: Configuration, monotonic_s: Callable[[], float], addresses: Addresses, stopping: Callable[[], None]
) -> None:
    """Until it is stopped; then `stopping` is called, which ends what waits. Raises OSError when it cannot listen, ConfigurationError when
    certificate or key cannot be used."""
    sys.setswitchinterval(LONGEST_TURN_S)
    bound = open_port(configuration.host, configuration.port)
    limits = limits_for(configuration, raise_soft_limit())
    settings = uvicorn.Config(
        app,
        http=HttpToolsProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=configuration.behind_tls_proxy,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_LAST_S,
        ssl_certfile=configuration.tls_certificate,
        ssl_keyfile=configuration.tls_key,
    )
    server = _Server(settings, bound, stopping, configuration.state)
    server.listener = Listener("fleet", limits, server.protocol, monotonic_s, addresses, _tls(settings))
    setattr(app.state, CONNECTION_COUNTS, server.listener.counts)
    server.run()


def _tls(settings: uvicorn.Config) -> ssl.SSLContext | None:
    try:
        settings.load()
    except (OSError, ValueError) as error:
        files = f"{settings.ssl_certfile}, {settings.ssl_keyfile}"
        raise ConfigurationError([f"{files}: certificate and key cannot be used -> airgrid-fleet doctor says what to do"]) from error
    return settings.ssl


class _Server(uvicorn.Server):
    """uvicorn, but for where its connections come from."""

    listener: Listener

    def __init__(self, config: uvicorn.Config, bound: socket.socket, stopping: Callable[[], None], state: Path) -> None:
        super().__init__(config)
        self._bound = bound
        self._stopping = stopping
        self._state = state
        self._place: int | None = None  # of what stands in the state folder while it listens
        self._listening: asyncio.Task[None] | None = None

    def protocol(self, connection: Connection) -> asyncio.Protocol:
        return _Protocol(connection, config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A stop that was asked for ends with 0; uvicorn would raise the signal once more, and end the process by it."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise SystemExit(uvicorn.config.STARTUP_FAILURE)
        self.servers = []
        # What stays for good: else each full round of the garbage collector looks at all of it, and everything stands still for 0.1 s.
        gc.collect()
        gc.freeze()
        self._listening = asyncio.create_task(self.listener.serve(self._bound))
        host, port = self._bound.getsockname()[:2]
        scheme = "https" if self.config.ssl else "http"
        self._write_down(Place(host, port, self.config.ssl is not None))
        _LOG.info("running on %s://%s:%d", scheme, f"[{host}]" if ":" in host else host, port)
        self.started = True

    def _write_down(self, place: Place) -> None:
        try:
            self._place = write_down(self._state, place)
        except OSError as error:  # a full disk: gateways are served all the same
            _LOG.warning("status and doctor cannot know where the service listens: %s", error)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._place is not None:
            os.close(self._place)
        self.listener.stop_accepting()
        self._stopping()
        await super().shutdown(sockets)
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)


class _Protocol(HttpToolsProtocol):
    """Tells the listener's connection how far a request is, and the application how to cut its answer off."""

    def __init__(self, connection: Connection, **given: Any) -> None:
        super().__init__(**given)
        self._connection = connection
        self._head_bytes: int | None = 0  # None: the head is complete

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # The parser keeps what it has of a head, however much that is.
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response(f"A head of more than {MOST_HEAD_BYTES} bytes.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self.scope["extensions"] = {ABORT: self.transport.abort, KNOWN: self._connection.known}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._head_bytes = None
        self._connection.headed()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        # The rest of a body may come after its answer (413, 401): that is no request under way.
        if self.cycle.response_complete:
            self._connection.answered()
        else:
            self._connection.asked()

    def on_response_complete(self) -> None:
        waits = bool(self.pipeline)
        super().on_response_complete()
        if not waits:
            self._connection.answered()

    def send_400_response(self, msg: str) -> None:
        headers = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items()).encode()
        body = msg.encode()
        head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
        self.transport.write(head + headers + f"content-length: {len(body)}\r\n\r\n".encode() + body)
        self.transport.close()
