"""The technician hears the fleet's own words, and a fleet that is away is an error, not a hang."""

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qs, urlsplit

import pytest

from technician.errors import FleetError
from technician.fleet_client import MAX_ANSWER_BYTES, FleetClient, _unreachable

PROBLEM = {"title": "Unprocessable", "detail": "one fault", "faults": [{"path": "key", "allowed": "64 hex digits"}]}


class FakeFleet(ThreadingHTTPServer):
    """Knows n-1, takes any other node but `bad`, which is answered by `status` and `problem`. What is said of a node is taken too."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 422
        self.problem = json.dumps(PROBLEM).encode()
        self.welcome = b"{}"
        self.taken: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.authorizations: list[str | None] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: FakeFleet

    def do_GET(self) -> None:
        lists = {
            "/api/v1/gateways?limit=1000": b'{"items": [{"id": "g-0", "retired_ms": 5}, {"id": "g-1"}], "next": "g-1"}',
            "/api/v1/gateways?limit=1000&cursor=g-1": b'{"items": [{"id": "g-2"}], "next": null}',
            "/api/v1/sites?limit=1000": b"<html>",
        }
        if self.path == "/api/v1/nodes/bad":
            self.answer(self.server.status, self.server.problem)
            return
        if self.headers["Authorization"] == "Bearer endless":
            lists = {self.path: b'{"items": [{"id": "g-1"}], "next": "g-1"}'}
        known = self.path == "/api/v1/nodes/n-1" or self.path in lists
        self.answer(200 if known else 404, lists.get(self.path, b'{"detail": "no node"}'))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body.get("id") == "bad":
            self.answer(self.server.status, self.server.problem)
        else:
            self.server.taken.append(body)
            self.answer(201, self.server.welcome)

    do_PATCH = do_POST

    def answer(self, status: int, content: bytes) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.authorizations.append(self.headers["Authorization"])
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


@pytest.mark.parametrize(
    ("answer", "warnings"), [(b'{"warnings": ["other settings"]}', ["other settings"]), (b'{"warnings": 5}', []), (b"{}", [])]
)
def test_what_the_fleet_warns_of_is_heard(fleet: FakeFleet, answer: bytes, warnings: list[str]) -> None:
    fleet.welcome = answer
    assert FleetClient(fleet.url, "secret").register({"id": "n-2"}) == warnings


def test_the_fleet_tells_which_nodes_it_knows(fleet: FakeFleet) -> None:
    client = FleetClient(fleet.url, "secret")
    assert (client.node("n-1"), client.node("n-2")) == ({"detail": "no node"}, None)


@pytest.mark.parametrize("status", [400, 401, 403, 409, 410, 422, 429, 500, 502, 503])
def test_only_not_found_means_that_there_is_no_such_node(fleet: FakeFleet, status: int) -> None:
    fleet.status = status
    with pytest.raises(FleetError) as refused:
        FleetClient(fleet.url, "secret").node("bad")
    assert refused.value.status == status


def test_the_page_of_something_else_does_not_mean_that_there_is_no_such_node(fleet: FakeFleet) -> None:
    fleet.status, fleet.problem = 404, b"<html>"
    with pytest.raises(FleetError, match="not the fleet service"):
        FleetClient(fleet.url, "secret").node("bad")


def test_each_change_of_a_node_is_said_of_that_node(fleet: FakeFleet) -> None:
    client = FleetClient(fleet.url + "/below/", "secret")
    client.replace_hardware("n-1", "00", "kept", "died")
    client.move("n-1", {"site": "s-1"}, "moved")
    client.retire("n-1", "closed")
    asked = ("POST {}/hardware", "PATCH {}", "POST {}/retirement")
    assert fleet.asked == [request.format("/below/api/v1/nodes/n-1") for request in asked]
    assert fleet.taken == [
        {"key": "00", "sensors": "kept", "reason": "died"},
        {"site": "s-1", "reason": "moved"},
        {"reason": "closed"},
    ]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "n-1/../n-2", "n-1?x=1", "n-1#x", "n%2D1", "n 1", "n-1\n", "\udcff", "N-1", "节点"])
def test_what_is_no_name_of_a_node_names_no_other_and_the_fleet_is_not_asked(fleet: FakeFleet, name: str) -> None:
    client = FleetClient(fleet.url, "secret")
    for change in (
        lambda: client.retire(name, "why"),
        lambda: client.move(name, {"site": "s-1"}, "why"),
        lambda: client.replace_hardware(name, "00", "kept", "why"),
    ):
        with pytest.raises(FleetError, match="no name of a node") as refused:
            change()
        assert refused.value.next_step
    assert client.node(name) is None and fleet.asked == []


def test_a_page_of_a_list_is_asked_for_by_any_cursor(fleet: FakeFleet, monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = "a/b?c=d&e#f%2F g+节"
    pages = iter([{"items": [{"id": "g-1"}], "next": cursor}, {"items": []}])
    monkeypatch.setattr(Handler, "do_GET", lambda handler: handler.answer(200, json.dumps(next(pages)).encode()))
    assert FleetClient(fleet.url, "secret").gateways() == ["g-1"]
    asked = urlsplit(fleet.asked[-1].removeprefix("GET "))
    assert (asked.path, parse_qs(asked.query)) == ("/api/v1/gateways", {"limit": ["1000"], "cursor": [cursor]})


@pytest.mark.parametrize(("status", "more"), [(200, b'"items": []'), (404, b'"detail": "no node"'), (422, b'"detail": "one fault"')])
def test_of_an_answer_without_an_end_only_so_much_is_read(fleet: FakeFleet, status: int, more: bytes) -> None:
    fleet.status, fleet.problem = status, b"{" + more + b" " * MAX_ANSWER_BYTES + b"}"
    with pytest.raises(FleetError, match="not the fleet service"):
        FleetClient(fleet.url, "secret").node("bad")


def test_a_refusal_carries_every_fault(fleet: FakeFleet) -> None:
    with pytest.raises(FleetError, match="422: one fault; key: 64 hex digits"):
        FleetClient(fleet.url, "secret").register({"id": "bad"})


def test_a_fleet_that_is_away_is_an_error() -> None:
    with FakeFleet() as gone:
        url = gone.url
    with pytest.raises(FleetError, match="cannot be reached"):
        FleetClient(url, "secret").node("n-1")


@pytest.mark.parametrize(
    "url",
    [
        "fleet.local",
        "file:///etc/passwd",
        "http://",
        "http://[::1",
        "http://a b",
        "http://x:port",
        "http://127.0.0.1:8080?lang=en",
        "http://127.0.0.1/#nodes",
        "http://ada:secret@127.0.0.1",
    ],
)
def test_only_web_addresses_are_asked(url: str) -> None:
    with pytest.raises(FleetError, match="no http or https address"):
        FleetClient(url, "secret")


def test_names_are_listed_without_what_is_retired_and_another_page_is_not_taken_for_a_list(fleet: FakeFleet) -> None:
    client = FleetClient(fleet.url, "secret")
    assert client.gateways() == ["g-1", "g-2"]
    with pytest.raises(FleetError, match="not the fleet service"):
        client.sites()


def test_a_list_that_does_not_end_is_not_taken_for_one_of_the_fleet(fleet: FakeFleet) -> None:
    with pytest.raises(FleetError, match="not the fleet service"):
        FleetClient(fleet.url, "endless").sites()


@pytest.mark.parametrize(
    ("status", "problem", "told"),
    [
        (401, b"", "does not know this token"),
        (403, b"{}", "may not do that"),
        (503, b"<html>", "is busy"),
        (429, b"[]", "is busy"),
        (500, b"\xff\xfe", "answers 500"),
        (422, b'{"detail": "a: b", "faults": [{"path": "a", "allowed": "b"}]}', "answers 422: a: b\nNext"),
        (409, b'{"detail": "taken", "faults": 5}', "answers 409: taken"),
    ],
)
def test_every_refusal_is_a_sentence_with_what_to_do(fleet: FakeFleet, status: int, problem: bytes, told: str) -> None:
    fleet.status, fleet.problem = status, problem
    with pytest.raises(FleetError, match=told) as refused:
        FleetClient(fleet.url, "secret").register({"id": "bad"})
    assert refused.value.status == status and refused.value.next_step


def test_a_token_goes_to_no_other_machine_without_tls() -> None:
    with pytest.raises(FleetError, match="without TLS"):
        FleetClient("http://fleet.example", "secret")


def response(status: str, content: bytes, more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(content)}\r\n\r\n".encode() + content


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "does not speak HTTP"),
        (b"", "does not speak HTTP"),
        (b"\x00\xff\x1b[2J\r\n\r\n", "does not speak HTTP"),
        (response("200 OK", b"<html></html>"), "not the fleet service"),
        (response("200 OK", b"[1,2]"), "not the fleet service"),
        (response("200 OK", b""), "not the fleet service"),
        (response("200 OK", b"[" * 100_000), "not the fleet service"),
        (response("404 Not Found", b"<html>"), "not the fleet service"),
        (response("404 Not Found", b'{"detail": "no such path: /x/api/v1", "nearest": []}'), "not the fleet service"),
        (response("502 Bad Gateway", b"<html>"), "answers 502\n"),
        (response("422 Invalid", b'{"detail": "a\\u001b[31mb"}'), r"answers 422: a \[31mb"),
        (response("302 Found", b"", "Location: http://127.0.0.1:1/elsewhere\r\n"), "sends on to http://127.0.0.1:1/elsewhere"),
    ],
    ids=["ssh", "silence", "control", "page", "list", "empty", "nested", "404", "path", "proxy", "escape", "redirect"],
)
def test_what_is_not_the_fleet_is_a_sentence_and_no_success(answer: bytes, told: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=_answer_once, args=(listener, answer))
        answering.start()
        with pytest.raises(FleetError, match=told) as refused:
            FleetClient(f"http://127.0.0.1:{listener.getsockname()[1]}", "secret").retire("n-1", "why")
        answering.join()
    assert refused.value.next_step and "\x1b" not in str(refused.value) and "\x00" not in str(refused.value)


def test_what_lists_names_for_ever_is_not_the_fleet(fleet: FakeFleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "do_GET", lambda handler: handler.answer(200, b'{"items": [{"id": "g-1"}], "next": "a"}'))
    with pytest.raises(FleetError, match="not the fleet service"):
        FleetClient(fleet.url, "secret").gateways()


def test_an_answer_that_comes_byte_by_byte_ends_at_the_limit() -> None:
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not ended.wait(0.02):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        dripping = threading.Thread(target=drip, args=(listener,))
        dripping.start()
        with pytest.raises(FleetError, match="no answer within"):
            FleetClient(f"http://127.0.0.1:{listener.getsockname()[1]}", "secret", limit_s=0.2).sites()
        ended.set()
        dripping.join()


def test_a_certificate_that_is_refused_asks_for_the_clock(fleet: FakeFleet) -> None:
    wrong = ssl.SSLCertVerificationError(1, "")
    wrong.verify_message = "certificate is not yet valid"
    told = str(_unreachable(URLError(wrong), 15.0))
    assert "not yet valid" in told and "clock" in told
    with pytest.raises(FleetError, match="does not speak TLS"):
        FleetClient(fleet.url.replace("http:", "https:"), "secret").sites()


def _answer_once(listener: socket.socket, content: bytes) -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as request:
        request.readline()
        headers = http.client.parse_headers(request)
        request.read(int(headers["Content-Length"]))  # what is unread at the end would make a reset of it
        connection.sendall(content)
