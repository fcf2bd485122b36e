"""The port of the service under strangers: the real process, with few places, against silence, halves, floods and who takes no answer."""

import socket
import time
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import httpx
import pytest

from fleet.tests.district import report
from fleet.tests.live import Client, LiveFleet

pytestmark = pytest.mark.hil

PLACES = 100
WITHIN_S = 60


@pytest.fixture
def db() -> None:
    """One store is enough: none of this gets as far."""


@pytest.fixture
def options() -> dict[str, str]:
    return {"AIRGRID_FLEET_CONNECTIONS": str(PLACES), "AIRGRID_FLEET_CONNECTIONS_BY_ADDRESS": "1000"}


def strangers(fleet: LiveFleet, count: int, says: bytes, stack: ExitStack) -> list[socket.socket]:
    address = urlsplit(fleet.url)
    made = []
    for _ in range(count):
        made.append(stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=WITHIN_S)))
        made[-1].sendall(says)
    return made


HALVES = {
    "silent": b"",
    "half a head": b"POST /device/v1/ingest HTTP/1.1\r\nHost: x\r\n",
    "half a body": b"POST /device/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    "half a body that is read": b"POST /api/v1/sites HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    "a body after its answer": b"POST /device/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345",
    "answered": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("says", HALVES.values(), ids=HALVES.keys())
def test_a_gateway_gets_in_however_many_hold_a_connection(fleet: LiveFleet, client: Client, says: bytes) -> None:
    with ExitStack() as stack:
        strangers(fleet, 3 * PLACES, says, stack)
        assert client.ingest([report(1)]) == ["accepted"]
        counts = httpx.get(f"{fleet.url}/healthz").json()["counts"]
        assert counts["made_room"] >= 2 * PLACES - 2, counts
    assert client.ingest([report(2)]) == ["accepted"]
    fleet.stop()
    assert "Traceback" not in fleet.log and len(fleet.log) < 20_000


def test_a_connection_that_says_nothing_is_closed_in_time(fleet: LiveFleet) -> None:
    with ExitStack() as stack:
        (stranger,) = strangers(fleet, 1, b"", stack)
        with suppress(ConnectionResetError):
            assert stranger.recv(10) == b""


def test_one_who_takes_no_answer_is_cut_off(fleet: LiveFleet, client: Client) -> None:
    digest = client.upload(bytes(8 << 20))
    head = f"GET /device/v1/artifacts/{digest} HTTP/1.1\r\nHost: x\r\nAuthorization: {client.gateway['Authorization']}\r\n\r\n"
    with ExitStack() as stack:
        strangers(fleet, 1, head.encode(), stack)
        deadline_s = time.monotonic() + WITHIN_S
        while not httpx.get(f"{fleet.url}/healthz").json()["counts"].get("not_taken"):
            assert time.monotonic() < deadline_s, "still held"
            time.sleep(0.5)


def test_a_head_without_end_is_cut_off(fleet: LiveFleet) -> None:
    with ExitStack() as stack:
        (stranger,) = strangers(fleet, 1, b"GET / HTTP/1.1\r\nHost: x\r\nX: ", stack)
        with suppress(ConnectionResetError, BrokenPipeError):
            for _ in range(1000):  # 64 MB
                stranger.sendall(bytes(b"x" * 65_536))
            raise AssertionError("it takes everything")


def test_a_head_of_usual_size_is_taken_whatever_body_follows(client: Client) -> None:
    assert client.upload(bytes(3 << 20)) == client.upload(bytes(3 << 20))


def test_garbage_is_answered_with_the_headers_of_every_answer(fleet: LiveFleet) -> None:
    with ExitStack() as stack:
        (stranger,) = strangers(fleet, 1, b"garbage\r\n\r\n", stack)
        answer = stranger.recv(4000).decode()
    assert answer.startswith("HTTP/1.1 400 ") and "X-Content-Type-Options: nosniff" in answer and "no-store" in answer
