"""A real port under strangers: silence, halves, floods, answers that nobody takes, and no descriptor left."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from host.listening.addresses import Addresses
from host.listening.connection import Connection
from host.listening.limits import ADDRESS_MADE_ROOM, FULL, HALF_REQUEST, IDLE, MADE_ROOM, NOT_TAKEN, SILENT, Limits
from host.listening.listener import Listener, open_port

_LIMITS = Limits(total=20, by_address=20, first_s=0.4, head_s=0.4, body_s=0.4, idle_s=0.4, not_taken_s=0.4)
_PATIENT = Limits(total=20, by_address=1000)
_MUCH = 4_000_000


class Lines(asyncio.Protocol):
    """Answers each line with itself; `wait` is never answered, `much` with more than any buffer holds."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        while b"\n" in self._got:
            line, _, self._got = self._got.partition(b"\n")
            self._connection.asked()
            if line == b"wait":
                return
            self._transport.write(bytes(_MUCH) if line == b"much" else line + b"\n")
            self._connection.answered()


@asynccontextmanager
async def served(limits: Limits) -> AsyncIterator[tuple[Listener, int, asyncio.Task[None]]]:
    listener, bound = Listener("lines", limits, Lines, time.monotonic, Addresses(time.monotonic)), open_port("127.0.0.1", 0)
    port: int = bound.getsockname()[1]
    serving = asyncio.create_task(listener.serve(bound))
    yield listener, port, serving
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def opened(port: int, count: int, source: str = "127.0.0.1", says: bytes = b"") -> list[socket.socket]:
    found = []
    for _ in range(count):
        found.append(socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0)))
        found[-1].sendall(says)
    return found


@asynccontextmanager
async def strangers(port: int, count: int, source: str = "127.0.0.1", says: bytes = b"") -> AsyncIterator[list[socket.socket]]:
    found = await asyncio.to_thread(opened, port, count, source, says)
    yield found
    for stranger in found:
        stranger.close()


async def ask(port: int, line: bytes, source: str = "127.0.0.1") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    writer.write(line + b"\n")
    try:
        return await reader.readline()
    finally:
        writer.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


async def gone(stranger: socket.socket) -> bool:
    def ends() -> bool:
        try:
            while stranger.recv(65_536):
                pass
        except ConnectionResetError:
            pass
        return True

    async with asyncio.timeout(20):
        return await asyncio.to_thread(ends)


async def test_a_line_is_answered_as_without_limits() -> None:
    async with served(_PATIENT) as (listener, port, _):
        assert [await ask(port, b"%d" % n) for n in range(50)] == [b"%d\n" % n for n in range(50)]
        await until(lambda: len(listener) == 0)
        assert not listener.counts


@pytest.mark.parametrize(("says", "reason"), [(b"", SILENT), (b"half", HALF_REQUEST), (b"whole\n", IDLE), (b"much\n", NOT_TAKEN)])
async def test_who_lets_the_port_wait_is_closed(says: bytes, reason: str) -> None:
    async with served(_LIMITS) as (listener, port, _), strangers(port, 3, says=says) as silent:
        await until(lambda: listener.counts[reason] == 3)
        assert all([await gone(stranger) for stranger in silent])
        assert len(listener) == 0 and set(listener.counts) == {reason}


async def test_a_request_under_way_may_take_its_time() -> None:
    async with served(_LIMITS) as (listener, port, _), strangers(port, 1, says=b"wait\n"), strangers(port, 1):
        await until(lambda: listener.counts[SILENT] == 1)
        assert len(listener) == 1


async def test_who_speaks_gets_in_however_many_are_silent() -> None:
    async with served(_PATIENT) as (listener, port, _):
        async with strangers(port, 500):
            for n in range(20):
                assert await ask(port, b"%d" % n) == b"%d\n" % n
                assert len(listener) <= 20
        assert listener.counts[ADDRESS_MADE_ROOM] == 0 and listener.counts[MADE_ROOM] >= 480


async def test_one_address_does_not_take_the_place_of_another() -> None:
    async with (
        served(Limits(total=20, by_address=5)) as (listener, port, _),
        strangers(port, 1, "127.0.0.2", b"half") as others,
        strangers(port, 300) as many,
    ):
        assert await ask(port, b"hello", "127.0.0.3") == b"hello\n"
        assert all([await gone(stranger) for stranger in many[:-5]])
        assert listener.counts == {ADDRESS_MADE_ROOM: 295}
        others[0].sendall(b"\n")
        assert await asyncio.to_thread(others[0].recv, 100) == b"half\n"


async def test_when_all_have_a_request_under_way_the_next_is_refused() -> None:
    async with served(_PATIENT) as (listener, port, _), strangers(port, 20, says=b"now\nwait\n") as waiting:
        assert [await asyncio.to_thread(one.recv, 100) for one in waiting] == [b"now\n"] * 20
        assert await ask(port, b"hello") == b""
        assert listener.counts == {FULL: 1}


async def test_at_its_end_everything_is_closed() -> None:
    async with served(_PATIENT) as (listener, port, serving), strangers(port, 3, says=b"wait\n") as waiting:
        await until(lambda: len(listener) == 3)
        serving.cancel()
        assert all([await gone(stranger) for stranger in waiting])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


_STARVED = """
import asyncio, json, logging, os, resource, socket, sys, time
from host.listening.addresses import Addresses
from host.listening.limits import Limits
from host.listening.listener import Listener, open_port
from host.tests.test_listener import Lines, ask

logging.basicConfig(level="INFO", stream=sys.stderr)

async def main() -> None:
    listener = Listener("lines", Limits(total=1000, by_address=1000), Lines, time.monotonic, Addresses(time.monotonic))
    bound = open_port("127.0.0.1", 0)
    serving = asyncio.create_task(listener.serve(bound))
    await asyncio.sleep(0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    print(bound.getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.sleep(3)
    print(json.dumps(listener.counts), flush=True)
    await asyncio.to_thread(sys.stdin.readline)

asyncio.run(main())
"""


def test_without_descriptors_the_port_neither_spins_nor_fills_the_log() -> None:
    started = subprocess.Popen(
        [sys.executable, "-c", _STARVED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert started.stdin and started.stdout
    port = int(started.stdout.readline())
    many = opened(port, 150)
    started.stdin.write("\n")
    started.stdin.flush()
    told = json.loads(started.stdout.readline())
    for stranger in many:
        stranger.close()
    # Places are free again: who waited in the kernel is heard.
    assert asyncio.run(ask(port, b"hello")) == b"hello\n"
    _, errors = started.communicate("\n", timeout=20)
    # Once a second; a loop that spins fails thousands of times.
    assert 1 <= told["accept_failed"] <= 20
    assert len(errors.splitlines()) <= 2, errors


def test_a_port_that_is_taken_is_an_error() -> None:
    with open_port("127.0.0.1", 0) as bound, pytest.raises(OSError, match="in use"):
        open_port("127.0.0.1", bound.getsockname()[1])


_ON_THE_LINK = """
import asyncio, json, socket, subprocess, time
from host.listening.addresses import Addresses
from host.listening.limits import Limits
from host.listening.listener import Listener, open_port
from host.tests.test_listener import Lines

for words in ("link set lo up", "addr add fd00:1::1/64 dev lo nodad", "addr add fd00:1::2/64 dev lo nodad"):
    subprocess.run(["ip", *words.split()], check=True)

def opened(port, source, count):
    return [socket.create_connection(("fd00:1::1", port), 10, (source, 0)) for _ in range(count)]

async def main() -> None:
    listener = Listener("lines", Limits(total=100, by_address=5), Lines, time.monotonic, Addresses(time.monotonic))
    bound = open_port("fd00:1::1", 0)
    serving = asyncio.create_task(listener.serve(bound))
    port = bound.getsockname()[1]
    held = [await asyncio.to_thread(opened, port, source, 5) for source in ("fd00:1::1", "fd00:1::2")]
    while len(listener) < 10:
        await asyncio.sleep(0.01)
    print(json.dumps(listener.counts))
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)

asyncio.run(main())
"""


@pytest.mark.hil
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("unshare"), reason="needs root, ip and unshare")
def test_machines_of_one_ipv6_link_are_counted_one_by_one() -> None:
    ended = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", _ON_THE_LINK], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (0, "{}\n"), ended.stderr
