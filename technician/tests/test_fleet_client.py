"""The technician hears the fleet's own words, and a fleet that is away is an error, not a hang."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from technician.errors import ProvisionError
from technician.fleet_client import FleetClient

PROBLEM = {"title": "Unprocessable", "detail": "one fault", "faults": [{"path": "key", "allowed": "64 hex digits"}]}


class FakeFleet(ThreadingHTTPServer):
    """Knows n-1, takes any other node but `bad`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: FakeFleet

    def do_GET(self) -> None:
        self.answer(200 if self.path == "/api/v1/nodes/n-1" else 404, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body["id"] == "bad":
            self.answer(422, PROBLEM)
        else:
            self.server.taken.append(body)
            self.answer(201, {})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        self.server.authorizations.append(self.headers["Authorization"])
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def fleet() -> Iterator[FakeFleet]:
    with FakeFleet() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def test_a_node_is_registered_with_the_token(fleet: FakeFleet) -> None:
    FleetClient(fleet.url, "secret").register({"id": "n-2"})
    assert (fleet.taken, fleet.authorizations) == ([{"id": "n-2"}], ["Bearer secret"])


def test_the_fleet_tells_which_nodes_it_knows(fleet: FakeFleet) -> None:
    client = FleetClient(fleet.url, "secret")
    assert (client.knows("n-1"), client.knows("n-2")) == (True, False)


def test_a_refusal_carries_every_fault(fleet: FakeFleet) -> None:
    with pytest.raises(ProvisionError, match="422: one fault; key: 64 hex digits"):
        FleetClient(fleet.url, "secret").register({"id": "bad"})


def test_a_fleet_that_is_away_is_an_error() -> None:
    with FakeFleet() as gone:
        url = gone.url
    with pytest.raises(ProvisionError, match="cannot be reached"):
        FleetClient(url, "secret").knows("n-1")


@pytest.mark.parametrize("url", ["fleet.local", "file:///etc/passwd"])
def test_only_web_addresses_are_asked(url: str) -> None:
    with pytest.raises(ProvisionError, match="not an http"):
        FleetClient(url, "secret")
