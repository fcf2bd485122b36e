"""What every answer has in common, whatever the route: its headers, its methods, nothing of a foreign Host, and an end without noise."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from fleet.http.answers import CLIENTS_LEFT, HEADERS, UNEXPECTED_ERRORS
from fleet.tests.district import District, open_district

KEPT = {"/static/airgrid.css", "/openapi.json", "/", "/live/overview"}
ASKED: dict[str, tuple[str, str, int]] = {
    "page": ("GET", "/", 200),
    "part_of_the_page": ("GET", "/live/overview", 200),
    "static_file": ("GET", "/static/airgrid.css", 200),
    "no_static_file": ("GET", "/static/none.css", 404),
    "a_way_out_of_static": ("GET", "/static/..%2Froutes.py", 404),
    "openapi": ("GET", "/openapi.json", 200),
    "health": ("GET", "/healthz", 200),
    "admin_api": ("GET", "/api/v1/nodes", 200),
    "admin_api_without_token": ("GET", "/api/v1/latest", 401),
    "made": ("POST", "/api/v1/gateways", 201),
    "device_api": ("GET", "/device/v1/desired", 401),
    "no_such_path": ("GET", "/nowhere", 404),
    "no_such_method": ("DELETE", "/api/v1/nodes", 405),
    "invalid": ("GET", "/api/v1/nodes/UPPER", 422),
    "slash_too_many": ("GET", "/api/v1/nodes/", 404),
    "folder_of_static": ("GET", "/static", 404),
}


@pytest.fixture
async def local(state: Path) -> AsyncIterator[District]:
    async with open_district(state) as opened:
        yield opened


@pytest.mark.parametrize(("method", "path", "status"), ASKED.values(), ids=ASKED.keys())
async def test_every_answer_has_the_headers_and_nothing_of_a_foreign_host(local: District, method: str, path: str, status: int) -> None:
    headers = {"Host": "evil.example"} | ({} if status == 401 else {"Authorization": f"Bearer {local.admin_token}"})
    body = {"id": "g-2", "site": "s-1"} if method == "POST" else None
    answer = await local.client.request(method, path, headers=headers, json=body)
    assert answer.status_code == status, answer.text
    wanted = {**HEADERS, "Cache-Control": "private, no-cache"} if path in KEPT else HEADERS
    assert {name: answer.headers.get(name) for name in HEADERS} == wanted
    assert "evil" not in f"{answer.headers}{answer.text}"
    assert (path not in KEPT) or answer.headers["etag"]


def test_nothing_of_a_page_may_be_inline() -> None:
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


ALLOWED = {
    "/api/v1/nodes": "GET, POST",
    "/api/v1/nodes/n-1/ledger": "GET",
    "/api/v1/gateways/g-1/enrolment": "POST",
    "/api/v1/gateways/g-1/token": "DELETE",
    "/device/v1/desired": "GET",
    "/static/airgrid.css": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
}


@pytest.mark.parametrize(("path", "allowed"), ALLOWED.items())
async def test_405_names_every_method_of_the_path(local: District, path: str, allowed: str) -> None:
    answer = await local.client.request("PATCH", path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_an_error_that_nobody_expected_is_a_problem_with_the_headers_and_counted(
    local: District, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_work: Any) -> Any:
        def broken(_connection: Connection) -> None:
            raise ZeroDivisionError

        return submit(broken)

    submit = local.service.writer.submit
    monkeypatch.setattr(local.service.writer, "submit", fail)
    answer = await local.device("POST", "ingest", {"items": []})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert local.service.counts[UNEXPECTED_ERRORS] == 1
    assert [bool(record.exc_info) for record in caplog.records if record.levelno == logging.ERROR] == [True]


async def cut_short(district: District, path: str, token: str) -> list[str]:
    """The types of what is answered to a client that leaves in the middle of its body."""
    answered: list[str] = []
    coming = [{"type": "http.request", "body": b'{"items": [', "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        answered.append(message["type"])

    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"name=x", "headers": headers}
    app = district.client._transport.app  # type: ignore[attr-defined]
    await app({**scope, "client": ("127.0.0.1", 1), "server": ("fleet", 80), "scheme": "http", "root_path": ""}, receive, send)
    return answered


@pytest.mark.parametrize("path", ["/device/v1/ingest", "/device/v1/logs", "/api/v1/sites", "/api/v1/artifacts"])
async def test_a_client_that_leaves_is_one_counted_line_and_no_fault_of_ours(
    local: District, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level(logging.INFO, "fleet")
    await cut_short(local, path, local.gateway_token if path.startswith("/device") else local.admin_token)
    assert local.service.counts[CLIENTS_LEFT] == 1
    told = [record for record in caplog.records if record.name == "fleet.http.answers"]
    faults = [record for record in caplog.records if record.name.startswith("fleet") and record.levelno > logging.INFO]
    assert ([(record.levelno, record.exc_info) for record in told], faults) == ([(logging.INFO, None)], [])
