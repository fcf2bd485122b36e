"""One connection within the limits of its port: what is told to the table, and the protocol around that of the service."""

import asyncio
from collections.abc import Callable
from typing import cast

from host.listening.connection_table import ConnectionTable


class Connection:
    """What the protocol of the service says: `headed`, `asked`, `answered`. Bytes and their flow are seen by the protocol around it."""

    __slots__ = ("_monotonic_s", "_table", "address", "key")

    def __init__(self, key: int, address: str, table: ConnectionTable, monotonic_s: Callable[[], float]) -> None:
        """`address`: as `addresses.counted_address` gives it."""
        self.key = key
        self.address = address
        self._table = table
        self._monotonic_s = monotonic_s

    def heard(self) -> None:
        self._table.heard(self.key, self._monotonic_s())

    def headed(self) -> None:
        """The headers of a request are complete, its body is not."""
        self._table.headed(self.key, self._monotonic_s())

    def asked(self) -> None:
        """A request is complete."""
        self._table.asked(self.key, self._monotonic_s())

    def answered(self) -> None:
        self._table.answered(self.key, self._monotonic_s())

    def known(self, client: str) -> None:
        """The client has been authenticated: its connection is not closed for an unknown one."""
        self._table.known(self.key, client)

    def blocked(self) -> None:
        self._table.blocked(self.key, self._monotonic_s())

    def flowing(self) -> None:
        self._table.flowing(self.key)


class GuardedProtocol(asyncio.Protocol):
    """Passes everything on to `inner`, and tells the connection of it. `gone`: is told the key, once, at the end."""

    def __init__(self, inner: asyncio.Protocol, connection: Connection, gone: Callable[[int], None]) -> None:
        self._inner = inner
        self._connection = connection
        self._gone = gone
        self._transport: asyncio.Transport | None = None
        self._aborted = False

    def abort(self) -> None:
        self._aborted = True
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # It is one in all but its class where the loop is uvloop's.
        self._transport = cast(asyncio.Transport, transport)
        self._inner.connection_made(transport)
        if self._aborted:  # before it began
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._connection.heard()
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._connection.blocked()
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._connection.flowing()
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone(self._connection.key)
        self._inner.connection_lost(exc)
