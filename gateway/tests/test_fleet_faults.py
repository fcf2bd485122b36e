"""A fleet that cannot be reached, breaks off, or is something else: real sockets, and the sentence that status and doctor show for each."""

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from contract.site import device_api
from gateway.command.doctor import findings
from gateway.configuration import FleetSection
from gateway.errors import FleetError
from gateway.factories import fleet_api, fleet_session
from gateway.identity import read_answer
from gateway.identity_file import save
from gateway.tests.parts import make_site
from gateway.tests.site import free_port, make_configuration
from gateway.tests.test_tls import Authority
from gateway.uplink.fleet_api import FleetApi
from hil_tests.stand_in_fleet.fleet import StandInFleet

Asks = Callable[[FleetApi], Awaitable[object]]
Serves = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_DAY = timedelta(days=1)
# Words that only a program says, and the beginnings of a page and of JSON.
_NOT_FOR_PEOPLE = re.compile(r"Error|Errno|Client|Exception|Traceback|0x|\(\)|[<{\[](?!fleet\])|\n")


def answers(status: int, body: bytes = b"", media_type: str = "text/html", **headers: str) -> Serves:
    lines = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(body)}", f"Content-Type: {media_type}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return sends("\r\n".join([*lines, "", ""]).encode() + body)


def problem(status: int, detail: str) -> Serves:
    return answers(status, b'{"title": "A title", "detail": "%s"}' % detail.encode(), device_api.PROBLEM_TYPE)


def sends(what: bytes, *, resets: bool = False) -> Serves:
    """And ends the connection after it, in order or by a reset."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(what)
        await writer.drain()
        if resets:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        writer.close()

    return serve


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)
    writer.close()


async def _greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await reader.read(-1)
    writer.close()


async def _shuts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.close()


_HALF = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
_BROKE, _CUT = "broke the connection before it answered", "was cut short or damaged"
_NOT_FLEET = "is not the fleet service -> is [fleet] url"
# name: (scheme, what serves, words of the sentence)
KINDS: dict[str, tuple[str, Serves, str]] = {
    "reset before it answers": ("http", sends(b"", resets=True), _BROKE),
    "reset in the head": ("http", sends(_HALF[:30], resets=True), _BROKE),
    "reset in the body": ("http", sends(_HALF, resets=True), _CUT),
    "closed before it answers": ("http", sends(b""), _BROKE),
    "closed in the head": ("http", sends(_HALF[:30]), _BROKE),
    "closed in the body": ("http", sends(_HALF), _CUT),
    "body that is not what its head says": ("http", answers(200, b"no gzip", "application/json", Content_Encoding="gzip"), _CUT),
    "no answer": ("http", _silent, "gives no answer in time"),
    "another protocol": ("http", sends(b"SSH-2.0-OpenSSH_9.2\r\n"), "does not speak HTTP"),
    "another protocol with https": ("https", _greets, "does [fleet] url begin with https://"),
    "no TLS with https": ("https", _shuts, "does [fleet] url begin with https://"),
    "a redirection": ("http", answers(302, Location="http://login.example/"), "redirects to http://login.example/ -> write the address"),
    "a redirection to nowhere": ("http", answers(308), "redirects to nowhere"),
    "a page of another service": ("http", answers(200, b"<html>hotel"), "the answer of the fleet is not of this API -> is [fleet] url"),
    "another service, not found": ("http", answers(404, b'{"detail":"Not Found"}', "application/json"), _NOT_FLEET),
    "another service, forbidden": ("http", answers(403, b"<html>"), _NOT_FLEET),
    "another service, login": ("http", answers(401, b"<html>", WWW_Authenticate="Basic"), _NOT_FLEET),
    "a proxy without its service": ("http", answers(502, b"<html>"), "without the words of the fleet -> it is tried again"),
    "a wrong path of the fleet": ("http", problem(404, "no such path"), "HTTP 404: no such path -> is [fleet] url"),
    "a refused token": ("http", problem(401, "a valid token is needed"), "the fleet refuses the token of this gateway -> ask an admin"),
    "a busy fleet": ("http", problem(503, "too much waits -> wait"), "the fleet is busy (HTTP 503: too much waits: wait) -> it is tried"),
    "a fleet with a fault": ("http", problem(500, "a fault\\n\\u001b[31m"), "HTTP 500: a fault [31m -> look at the log"),
    "a version that does not know this one": ("http", problem(422, "have"), "HTTP 422: have -> look at the log"),
}


@asynccontextmanager
async def served(scheme: str, serve: Serves) -> AsyncIterator[str]:
    open_ones: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_ones.add(task)
        try:
            await serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client has gone, or speaks TLS
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)


@pytest.mark.parametrize(("scheme", "serve", "words"), KINDS.values(), ids=KINDS.keys())
async def test_an_exchange_that_fails_is_reported_in_a_sentence_that_says_what_to_do(
    scheme: str, serve: Serves, words: str, tmp_path: Path
) -> None:
    async with served(scheme, serve) as url:
        error = await failure(url)
        assert error.reason == (await failure(url)).reason, "equal ones are folded"
        assert words in error.reason
        assert_for_people(error.reason)
        assert await doctor_says(url, tmp_path) == f"{url}: {error.reason}"


async def test_what_takes_no_connection_is_reported_with_the_reason_of_the_system(refusing_port: int, tmp_path: Path) -> None:
    for host in ("127.0.0.1", "localhost"):
        where = f"{host}:{refusing_port}"
        error = await failure(f"http://{where}")
        assert error.unreachable and error.reason.startswith(f"{where} takes no connection (Connection refused) -> check the network")
        assert_for_people(error.reason)
        assert await doctor_says(f"http://{where}", tmp_path) == f"http://{where}: {error.reason}"


async def test_a_name_that_nothing_knows_is_reported(tmp_path: Path) -> None:
    url = "http://fleet.invalid"
    error = await failure(url)
    assert error.unreachable and error.reason.startswith("nothing knows the name fleet.invalid -> check the network and the DNS")
    assert await doctor_says(url, tmp_path) == f"{url}: {error.reason}"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("asks", [lambda api: api.desired(0, 0), lambda api: api.logs([])], ids=["poll", "post"])
async def test_a_machine_that_does_not_answer_a_connection_is_away(scheme: str, asks: Asks) -> None:
    with closing(socket.socket()) as full, closing(socket.socket()) as first:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        first.connect(full.getsockname())  # the one for which there is room: from now on Linux answers no other
        where = f"127.0.0.1:{full.getsockname()[1]}"
        error = await failure(f"{scheme}://{where}", asks)
    assert error.unreachable and error.reason.startswith(f"{where} takes no connection in time -> check the network")
    assert_for_people(error.reason)


async def test_a_fleet_that_never_completes_tls_is_not_away() -> None:
    async with served("https", _silent) as url:
        error = await failure(url)
    assert not error.unreachable, "it would be asked again without the task's own back-off"
    assert "takes a connection, and does not complete TLS in time -> check the network" in error.reason
    assert_for_people(error.reason)


async def test_a_fleet_with_tls_that_is_asked_without_is_reported(tmp_path: Path) -> None:
    context = Authority(tmp_path, "district").context(-_DAY, _DAY, "127.0.0.1")
    async with tls_server(context) as port:
        assert "does [fleet] url begin with https://" in (await failure(f"http://127.0.0.1:{port}")).reason
        refused = await failure(f"https://127.0.0.1:{port}")
    assert refused.reason.startswith("certificate of the fleet refused: ") and "[fleet] ca_file" in refused.reason


async def test_an_answer_that_is_too_long_is_reported() -> None:
    async with served("http", answers(200, bytes(device_api.MAX_ANSWER_BYTES + 1), device_api.ANSWER_TYPE)) as url:
        error = await failure(url)
    assert f"is longer than {device_api.MAX_ANSWER_BYTES} bytes -> " in error.reason


@pytest.fixture
def refusing_port() -> Iterator[int]:
    """Held, so that no other program gets it, and without a listener."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def assert_for_people(reason: str) -> None:
    fault, arrow, advice = reason.partition(" -> ")
    assert fault and arrow and advice and " -> " not in advice, reason
    assert not _NOT_FOR_PEOPLE.search(reason.replace("[31m", "")), reason


async def failure(url: str, asks: Asks = lambda api: api.desired(0, 0)) -> FleetError:
    section = FleetSection(url=url, timeout_s=1)
    async with fleet_session(section) as session:
        with pytest.raises(FleetError) as caught:
            await asks(fleet_api(session, section, "token", make_site(), Random(1)))
    return caught.value


async def doctor_says(url: str, folder: Path) -> str:
    fleet = StandInFleet()
    fleet.url = url
    state = folder / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    save(state, read_answer(fleet.identity_bytes()))
    path = folder / "gateway.toml"
    path.touch()
    (found,) = [f for f in await findings(make_configuration(state, fleet, free_port()), path) if f.subject == "fleet"]
    return f"{found.text} -> {found.advice}"


@asynccontextmanager
async def tls_server(context: ssl.SSLContext) -> AsyncIterator[int]:
    server = await asyncio.start_server(_shuts, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()
