"""A listening TCP port within limits, for any asyncio protocol: a loop of its own that accepts, and what the table decides.

asyncio's own loop accepts up to `backlog` connections a turn, logs each failure of `accept` and tries again up to `backlog` times, so
that 1,000 strangers fill the descriptors and then the journal. Here a refused connection costs no transport, and what happens is counted
and told once a minute.
"""

import asyncio
import itertools
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict

from host.listening.addresses import Addresses
from host.listening.connection import Connection, GuardedProtocol
from host.listening.connection_table import ConnectionTable
from host.listening.limits import ACCEPT_FAILED, Limits

_LOG = logging.getLogger(__name__)
# The kernel holds as many that are not accepted yet.
BACKLOG = 128
# Accepted in one turn of the loop, and the pause after so many: a flood of connections takes a share of the processor, not all of it.
_AT_ONCE, _BREATH_S = 32, 0.01
_LOOK_S = 0.5
_TELL_S = 60.0
# Nothing is accepted for so long after a failure, such as when no descriptor is left.
_PAUSE_S = 1.0

MakeProtocol = Callable[[Connection], asyncio.Protocol]


class Listener:
    """`make`: the protocol of one connection; it tells the connection when a request is complete and when it is answered."""

    def __init__(
        self,
        name: str,
        limits: Limits,
        make: MakeProtocol,
        monotonic_s: Callable[[], float],
        addresses: Addresses,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`name`: of the port, in the log. `tls`: its handshake has the time that silence before the first request has."""
        self._name = name
        self._limits = limits
        self._make = make
        self._monotonic_s = monotonic_s
        self._tls = tls
        self._bound: socket.socket | None = None
        self._table = ConnectionTable(limits)
        self._keys = itertools.count()
        self._silent: dict[int, tuple[socket.socket, str]] = {}
        self._open: dict[int, GuardedProtocol] = {}
        self._beginning: set[asyncio.Task[None]] = set()
        self._addresses = addresses
        self._told: Counter[str] = Counter()

    @property
    def counts(self) -> Mapping[str, int]:
        """By reason (limits.py), since the start."""
        return self._table.counts

    def __len__(self) -> int:
        """Connections that are open."""
        return len(self._table)

    async def serve(self, bound: socket.socket) -> None:
        """Until it is cancelled; then everything is closed. `bound`: as `open_port` gives it."""
        loop = asyncio.get_running_loop()
        _LOG.info("listens", extra={"port": self._name, "address": bound.getsockname()[:2], **asdict(self._limits)})
        loop.add_reader(bound, self._accept, bound)
        self._bound = bound
        try:
            await self._look()
        finally:
            self.stop_accepting()
            bound.close()
            for key in [*self._silent, *self._open]:
                self._end(key)
            if self._beginning:  # these are aborted as soon as they have begun
                await asyncio.wait(self._beginning)

    def stop_accepting(self) -> None:
        """Those that are open go on."""
        if self._bound:
            asyncio.get_running_loop().remove_reader(self._bound)
            self._bound = None

    async def _look(self) -> None:
        told_s = self._monotonic_s()
        while True:
            await asyncio.sleep(_LOOK_S)
            now_s = self._monotonic_s()
            for key in self._table.pop_overdue(now_s):
                self._end(key)
            if now_s - told_s >= _TELL_S:
                told_s = now_s
                self._tell()

    def _tell(self) -> None:
        for reason, count in (self._table.counts - self._told).items():
            _LOG.warning("connections", extra={"port": self._name, "reason": reason, "count": count, "open": len(self)})
        self._told = self._table.counts.copy()

    def _accept(self, bound: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                accepted, peer = bound.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._table.counts[ACCEPT_FAILED] += 1
                self._pause(bound, _PAUSE_S)
                return
            self._let_in(accepted, self._addresses.counted(str(peer[0])))
        self._pause(bound, _BREATH_S)

    def _pause(self, bound: socket.socket, pause_s: float) -> None:
        """The kernel keeps reporting that a connection waits: without a pause the loop would do nothing else."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(bound)
        loop.call_later(pause_s, self._resume, bound)

    def _resume(self, bound: socket.socket) -> None:
        if self._bound:
            asyncio.get_running_loop().add_reader(bound, self._accept, bound)

    def _let_in(self, accepted: socket.socket, address: str) -> None:
        key = next(self._keys)
        admission = self._table.open(key, address, self._monotonic_s())
        if admission.closed is not None:
            self._end(admission.closed)
        if admission.refused:
            accepted.close()
            return
        accepted.setblocking(False)
        self._silent[key] = accepted, address
        asyncio.get_running_loop().add_reader(accepted, self._begin, key)

    def _begin(self, key: int) -> None:
        """Its first bytes are there: only now it is given a protocol and a transport, which cost more than all that silence does."""
        loop, (accepted, address) = asyncio.get_running_loop(), self._silent.pop(key)
        loop.remove_reader(accepted)
        connection = Connection(key, address, self._table, self._monotonic_s)
        self._open[key] = protocol = GuardedProtocol(self._make(connection), connection, self._gone)
        task = loop.create_task(self._connect(key, accepted, protocol))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _connect(self, key: int, accepted: socket.socket, protocol: GuardedProtocol) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: protocol, accepted, ssl=self._tls, ssl_handshake_timeout=self._limits.first_s if self._tls else None
            )
        except OSError:  # gone already
            self._gone(key)
            accepted.close()

    def _end(self, key: int) -> None:
        silent, protocol = self._silent.pop(key, None), self._open.pop(key, None)
        if silent:
            asyncio.get_running_loop().remove_reader(silent[0])
            silent[0].close()
        if protocol:
            protocol.abort()

    def _gone(self, key: int) -> None:
        self._open.pop(key, None)
        self._table.close(key)


def open_port(host: str, port: int) -> socket.socket:
    """A socket for `serve`, which the kernel lets others connect to already.

    Raises OSError when the address is not one of this machine, or the port is taken.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound
