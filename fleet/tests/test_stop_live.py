"""A service that is stopped while gateways deliver, wait and send slowly: it ends by itself, and what it answered it has."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.site import device_api
from fleet.tests.district import report
from fleet.tests.live import Client, LiveFleet
from fleet.tests.postgresql import Cluster, server_programs

pytestmark = pytest.mark.hil

SENDERS = 6
BATCH = 50
# Answered before it is stopped, so that all senders are in the midst of it.
FIRST = 3 * SENDERS
NOT_TAKEN = {503}


@pytest.fixture(params=["sqlite", "postgresql"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveFleet]:
    if request.param == "postgresql" and server_programs() is None:
        pytest.skip("no PostgreSQL server here")
    cluster: Cluster | None = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    fleet = LiveFleet(tmp_path / "state", cluster.new_database() if cluster else None)
    fleet.command("init")
    fleet.start()
    yield fleet
    fleet.stop()


def batch(number: int) -> list[dict[str, Any]]:
    return [report(seq) for seq in range(number * BATCH, (number + 1) * BATCH)]


class Senders:
    """Each delivers batch after batch until the service is gone. answered: batches whose items were all accepted; others: statuses of
    answers that were no."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url
        self._next = iter(range(10_000))
        self._lock = threading.Lock()
        self.answered: list[int] = []
        self.others: set[int] = set()
        self.enough = threading.Event()

    def deliver(self) -> None:
        with httpx.Client(base_url=self._url, timeout=30) as http:
            while True:
                with self._lock:
                    number = next(self._next)
                try:
                    path = device_api.PREFIX + device_api.INGEST
                    answer = http.post(path, json={"items": batch(number)}, headers=self._client.gateway)
                except httpx.TransportError:
                    return
                with self._lock:
                    self._note(number, answer)

    def _note(self, number: int, answer: httpx.Response) -> None:
        if answer.status_code != 200:
            self.others.add(answer.status_code)
            return
        assert {result["status"] for result in answer.json()["results"]} == {"accepted"}
        self.answered.append(number)
        if len(self.answered) >= FIRST:
            self.enough.set()


@contextmanager
def half_a_delivery(url: httpx.URL, token: dict[str, str]) -> Iterator[socket.socket]:
    """A body that never ends."""
    with socket.create_connection((url.host, url.port or 80)) as connection:
        head = f"POST {device_api.PREFIX}{device_api.INGEST} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
        connection.sendall(f"{head}Authorization: {token['Authorization']}\r\n\r\n".encode() + b'{"items": [')
        yield connection


def test_a_stop_under_load_loses_nothing_that_was_answered(live: LiveFleet) -> None:
    client = Client(live.url, live.command("token", "create", "ada"))
    client.set_up()
    senders = Senders(client, live.url)
    with half_a_delivery(httpx.URL(live.url), client.gateway), ThreadPoolExecutor(SENDERS + 1) as pool:
        waiting = pool.submit(client.desired, client.desired(0).json()["document"]["version"], 60)
        done = [pool.submit(senders.deliver) for _ in range(SENDERS)]
        assert senders.enough.wait(60)
        status = live.stop()
        for one in done:
            one.result(30)
        assert waiting.result(30).status_code == 304
    assert status == 0 and "Traceback" not in live.log and senders.others <= NOT_TAKEN
    live.start()
    again = Client(live.url, "")
    again.gateway = client.gateway
    assert [number for number in senders.answered if set(again.ingest(batch(number))) != {"duplicate"}] == []
