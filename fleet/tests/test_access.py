"""Access is judged when it is used: what is open when a token ends is ended too. The application in this process, the time set by hand."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Connection, update

from fleet.api.device.artifacts import PIECE_BYTES
from fleet.configuration.desired import issue
from fleet.devices import gateway_tokens
from fleet.devices.tables import gateway
from fleet.people import admin_tokens
from fleet.people.access import HOLDS_MS, Access
from fleet.people.audit import Act
from fleet.people.open_requests import ACCESS_ENDED, ACCESS_UNJUDGED
from fleet.tests.district import START_MS, District

ACT = Act("console", START_MS)


def test_a_judgement_holds_for_a_while() -> None:
    access = Access("gateway", "g-1", "d", 1000)
    assert [access.holds(1000 + later_ms) for later_ms in (0, HOLDS_MS - 1, HOLDS_MS, 1 << 40)] == [True, True, False, False]


def revoke_elsewhere(district: District) -> None:
    """As another process does: this one is not told."""
    district.service.writer.submit(lambda connection: gateway_tokens.revoke_gateway_token(connection, ACT, "g-1")).result()
    district.time.now_ms += HOLDS_MS


async def open_poll(district: District, monkeypatch: pytest.MonkeyPatch) -> "asyncio.Task[Any]":
    """A long poll that waits already."""
    have = (await district.device("GET", "desired")).json()["document"]["version"]
    waits, wait = asyncio.Event(), district.service.watch.wait

    async def told(*arguments: Any) -> None:
        waits.set()
        await wait(*arguments)

    monkeypatch.setattr(district.service.watch, "wait", told)
    poll = asyncio.create_task(district.device("GET", "desired", have=have, wait=60))
    await asyncio.wait_for(waits.wait(), 30)
    return poll


async def test_a_long_poll_ends_with_the_token(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    poll = await open_poll(district, monkeypatch)
    revoke_elsewhere(district)
    assert (await asyncio.wait_for(poll, 30)).status_code == 401
    assert district.service.counts[ACCESS_ENDED] == 1


async def test_a_token_that_this_process_ends_ends_its_poll_whatever_the_time(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    poll = await open_poll(district, monkeypatch)
    assert (await district.admin("DELETE", "gateways/g-1/token", reason="stolen")).status_code == 204
    assert (await asyncio.wait_for(poll, 30)).status_code == 401
    assert (await district.device("GET", "desired")).status_code == 401


async def test_a_poll_whose_token_has_ended_is_not_given_the_document_that_wakes_it(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def blind(_due: Any) -> None:
        return

    monkeypatch.setattr(district.service.open_requests, "_look", blind)  # so that only the last judgement is left
    poll = await open_poll(district, monkeypatch)
    revoke_elsewhere(district)
    version = district.service.writer.submit(lambda connection: issue(district.service.signing_key, connection, "g-1", 1)).result()
    district.service.watch.notify("g-1", version)
    answer = await asyncio.wait_for(poll, 30)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "keys" not in answer.text and "n-1" not in answer.text


async def test_a_token_that_is_valid_keeps_its_poll(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    judged, find = asyncio.Event(), district.service.open_requests._find_valid

    async def told(*arguments: Any) -> Any:
        judged.set()
        return await find(*arguments)

    monkeypatch.setattr(district.service.open_requests, "_find_valid", told)
    poll = await open_poll(district, monkeypatch)
    district.time.now_ms += HOLDS_MS
    await asyncio.wait_for(judged.wait(), 30)
    await district.add_node("n-2")
    assert (await asyncio.wait_for(poll, 30)).status_code == 200


async def test_what_cannot_be_judged_is_not_answered(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    poll = await open_poll(district, monkeypatch)

    async def away(*_arguments: Any) -> set[str]:
        raise OSError

    monkeypatch.setattr(district.service.open_requests, "_find_valid", away)
    district.time.now_ms += HOLDS_MS
    await district.add_node("n-2")
    answer = await asyncio.wait_for(poll, 30)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert district.service.counts[ACCESS_UNJUDGED] >= 1


async def asked(district: District, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], on_send: Callable[[Any], None]) -> None:
    async def send(message: Any) -> None:
        on_send(message)
        await asyncio.sleep(0)

    path = scope["path"]
    whole = {"type": "http", "client": ("127.0.0.1", 1), "server": ("fleet", 80), "scheme": "http", "root_path": "", **scope}
    await district.client._transport.app({**whole, "raw_path": path.encode()}, receive, send)  # type: ignore[attr-defined]


async def test_a_body_that_still_arrives_ends_with_the_token(district: District) -> None:
    began, statuses = asyncio.Event(), []

    async def receive() -> Any:
        if began.is_set():
            await asyncio.sleep(3600)
        began.set()
        return {"type": "http.request", "body": b"x", "more_body": True}

    headers = [(b"authorization", f"Bearer {district.admin_token}".encode())]
    scope = {"method": "POST", "path": "/api/v1/artifacts", "query_string": b"name=x", "headers": headers}
    upload = asyncio.create_task(asked(district, scope, receive, lambda message: statuses.append(message.get("status"))))
    await asyncio.wait_for(began.wait(), 30)
    district.service.writer.submit(lambda connection: admin_tokens.revoke_admin_token(connection, ACT, "ada")).result()
    district.time.now_ms += HOLDS_MS
    await asyncio.wait_for(upload, 30)
    assert statuses == [401, None]


async def test_a_file_on_its_way_is_cut_off_with_the_token(district: District) -> None:
    headers = {"Authorization": f"Bearer {district.admin_token}"}
    content = bytes(20 * PIECE_BYTES)
    digest = (await district.client.post("/api/v1/artifacts?name=x", content=content, headers=headers)).json()["sha256"]
    received, cut = bytearray(), []
    revoked, hold = asyncio.Event(), asyncio.Event()

    async def receive() -> Any:
        await hold.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        received.extend(message.get("body", b""))
        if received:
            revoked.set()
            await asyncio.sleep(3600)  # a receiver that takes no more

    scope = {
        "type": "http", "client": ("127.0.0.1", 1), "server": ("fleet", 80), "scheme": "http", "root_path": "", "method": "GET",
        "path": f"/device/v1/artifacts/{digest}", "raw_path": b"", "query_string": b"",
        "headers": [(b"authorization", f"Bearer {district.gateway_token}".encode())],
        "extensions": {"airgrid.abort": lambda: cut.append(True)},
    }  # fmt: skip
    download = asyncio.create_task(district.client._transport.app(scope, receive, send))  # type: ignore[attr-defined]
    await asyncio.wait_for(revoked.wait(), 30)
    revoke_elsewhere(district)
    await asyncio.wait_for(download, 30)
    assert cut == [True] and 0 < len(received) < len(content)


async def test_a_token_that_was_overtaken_by_the_next_one_ends(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    poll = await open_poll(district, monkeypatch)
    following = (await district.device("POST", "token")).json()["token"]
    assert (await district.device("GET", "desired", token=following)).status_code == 200
    district.time.now_ms += HOLDS_MS
    assert (await asyncio.wait_for(poll, 30)).status_code == 401


def test_of_tokens_those_are_valid_that_the_store_knows(district: District) -> None:
    def read(connection: Connection) -> set[str]:
        connection.execute(update(gateway).values(token_sha256="a", next_token_sha256="b"))
        return gateway_tokens.valid_among(connection, {"a", "b", "c"})

    assert district.service.writer.submit(read).result() == {"a", "b"}
