"""Every error is a problem, whatever went wrong; and what OpenAPI describes is true."""

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import OperationalError

from fleet.devices.tables import node
from fleet.store.dialect import new_engine
from fleet.store.engine import sqlite_url
from fleet.tests.district import District, open_district

WRONG: dict[str, tuple[str, str, int]] = {
    "no_such_path": ("GET", "/nowhere", 404),
    "no_such_path_in_the_api": ("GET", "/api/v1/nowhere", 404),
    "no_such_method": ("PATCH", "/api/v1/sites", 405),
    "no_token": ("GET", "/api/v1/sites", 401),
    "no_token_for_a_device": ("POST", "/device/v1/ingest", 401),
    "a_bad_path": ("GET", "/api/v1/nodes/UPPER", 422),
}


@pytest.mark.parametrize(("method", "path", "status"), WRONG.values(), ids=WRONG.keys())
async def test_every_error_is_a_problem(state: Path, method: str, path: str, status: int) -> None:
    async with open_district(state) as district:
        token = {"Authorization": f"Bearer {district.admin_token}"} if status == 422 else {}
        response = await district.client.request(method, path, headers=token)
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == status and problem["type"] and problem["title"] and problem["detail"]
        assert (status != 405) or response.headers["allow"]
        assert (status != 401) or response.headers["www-authenticate"] == "Bearer"


async def test_invalid_json_is_400(district: District) -> None:
    headers = {"Authorization": f"Bearer {district.admin_token}", "Content-Type": "application/json"}
    response = await district.client.post("/api/v1/sites", content=b'{"id":', headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    "body", [b'{"settings": ' + b'{"a": ' * 5000 + b"1" + b"}" * 5001, b'{"settings": "\xff"}'], ids=["deep", "not UTF-8"]
)
async def test_what_cannot_be_read_is_400_and_says_why(district: District, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {district.admin_token}", "Content-Type": "application/json"}
    answer = await district.client.patch("/api/v1/nodes/n-1/settings", content=body, headers=headers)
    assert answer.status_code == 400 and answer.json()["detail"].startswith("the body cannot be read: JSON in UTF-8")


async def test_a_body_beyond_the_general_limit_is_413(district: District) -> None:
    headers = {"Authorization": f"Bearer {district.admin_token}", "Content-Type": "application/json"}
    response = await district.client.post("/api/v1/sites", content=b" " * ((1 << 20) + 1), headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")


async def test_a_store_that_is_away_is_503_with_retry_after(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_work: Any) -> Any:
        def away(_connection: Connection) -> None:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))

        return submit(away)

    submit = district.service.writer.submit
    monkeypatch.setattr(district.service.writer, "submit", fail)
    response = await district.device("POST", "ingest", {"items": []})
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert response.headers["content-type"] == "application/problem+json"


async def test_more_than_may_wait_is_503_with_retry_after(state: Path) -> None:
    async with open_district(state, waiting_writes=2) as district:
        busy, release = threading.Event(), threading.Event()

        def block(_connection: Connection) -> None:
            busy.set()
            release.wait(20)

        district.service.writer.submit(block)
        assert busy.wait(20)
        for _ in range(2):
            district.service.writer.submit(lambda connection: None)
        response = await district.device("POST", "ingest", {"items": []})
        stranger = await district.enrol("00000-00000-00000-00000")
        release.set()
        assert (response.status_code, response.headers["retry-after"]) == (503, "2")
        assert stranger.status_code == 403  # who has no good code takes nobody's place


async def test_health_needs_no_token(district: District) -> None:
    health = (await district.client.get("/healthz")).json()
    assert health == {"status": "ok", "started_ms": district.time.now_ms, "counts": {}, "documents_held_since_ms": None}


def test_what_is_logged_of_a_store_that_fails_tells_no_key(tmp_path: Path) -> None:
    engine = new_engine(sqlite_url(tmp_path / "x.sqlite"))
    with engine.connect() as connection, pytest.raises(OperationalError) as caught:
        connection.execute(insert(node), {"id": "n-1", "key_hex": "5ec7e7", "created_ms": 1, "settings_version": 0})
    assert "5ec7e7" not in str(caught.value)
