"""Many gateways behind one address, as a mobile carrier gives it, beside silent connections of that address. The real process."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from contract.site import device_api
from fleet.tests.live import Client, LiveFleet
from host.listening.limits import Limits

pytestmark = pytest.mark.hil

BY_ADDRESS = 64
GATEWAYS, CONNECTIONS_OF_ONE = 12, 3
WITHIN_S = 60


@pytest.fixture
def db() -> None:
    """One store is enough: none of this gets as far."""


@pytest.fixture
def options() -> dict[str, str]:
    return {"AIRGRID_FLEET_CONNECTIONS": "500", "AIRGRID_FLEET_CONNECTIONS_BY_ADDRESS": str(BY_ADDRESS)}


class Line:
    """One connection that is kept."""

    def __init__(self, url: str, stack: ExitStack, token: str = "") -> None:
        address = urlsplit(url)
        self._socket = stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=WITHIN_S))
        self._token = token

    def status(self) -> int:
        """0: it has been closed."""
        head = (
            f"GET {device_api.PREFIX}{device_api.DESIRED}?have=0&wait=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._token}\r\n\r\n"
        )
        answer = b""
        try:
            self._socket.sendall(head.encode())
            while b"\r\n\r\n" not in answer:
                part = self._socket.recv(65_536)
                if not part:
                    return 0
                answer += part
            head_text, _, body = answer.partition(b"\r\n\r\n")
            lengths = [int(line.split(b":")[1]) for line in head_text.lower().split(b"\r\n") if line.startswith(b"content-length")]
            missing = sum(lengths) - len(body)
            while missing > 0:
                missing -= len(self._socket.recv(missing))
        except OSError:
            return 0
        return int(answer.split()[1])


def tokens_of(client: Client, fleet: LiveFleet) -> list[str]:
    codes = [client.post("gateways", {"id": f"g-{number}", "site": "s-1"})["enrolment_code"] for number in range(2, 2 + GATEWAYS)]
    enrol = f"{fleet.url}{device_api.PREFIX}{device_api.ENROL}"
    return [str(httpx.post(enrol, json={"code": code}).raise_for_status().json()["token"]) for code in codes]


def counts(fleet: LiveFleet) -> dict[str, int]:
    return dict(httpx.get(f"{fleet.url}/healthz").json()["counts"])


def test_gateways_behind_one_address_work_beside_its_silent_connections(fleet: LiveFleet, client: Client) -> None:
    tokens = tokens_of(client, fleet)
    with ExitStack() as stack:
        strangers = [Line(fleet.url, stack) for _ in range(BY_ADDRESS)]
        lines = [Line(fleet.url, stack, token) for token in tokens for _ in range(CONNECTIONS_OF_ONE)]
        assert len(strangers) + len(lines) == 100
        first = [line.status() for line in lines]
        assert 0 not in first and 401 not in first, first
        # As many again: what is closed for them is silent, and no gateway's.
        again = [Line(fleet.url, stack) for _ in range(2 * BY_ADDRESS)]
        assert [line.status() for line in lines] == first
        assert again[-1].status() == 401, "the newest one is let in"
        seen = counts(fleet)
        assert seen["address_made_room"] >= len(lines) + BY_ADDRESS and not seen.get("by_address"), seen


def test_more_connections_of_one_gateway_than_it_needs_count_for_its_address(fleet: LiveFleet, client: Client) -> None:
    (token, *_) = tokens_of(client, fleet)
    with ExitStack() as stack:
        lines = []
        for _ in range(2 * BY_ADDRESS):
            lines.append(Line(fleet.url, stack, token))
            assert lines[-1].status() == 200
        assert len([line for line in lines if line.status()]) == Limits(0, 0).by_client + BY_ADDRESS
