"""The local page of a gateway that runs, before strangers: none stops it, none learns what is not for him, and none delays a report."""

import asyncio
import json
import os
import socket
import sys
import threading
from contextlib import ExitStack
from typing import Any

import aiohttp
import pytest

from gateway.tests.conftest import Site, until
from gateway.tests.site import free_port, items, report
from gateway.tests.test_local_page import JSON, PIN, served
from gateway.web.pin import FREE

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@pytest.fixture
async def port(site: Site) -> int:
    port = free_port()
    await site.start_with("n-1", web={"port": port, "pin": PIN, "names": "box.example", "connections": 20, "address_connections": 10})
    await served(port)
    return port


def exchange(port: int, request: bytes, source: str = "127.0.0.1") -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0)) as connection:
        connection.sendall(request)
        answer = b""
        try:
            while part := connection.recv(65_536):
                answer += part
        except ConnectionResetError:
            pass
        return answer


async def raw(port: int, request: bytes, source: str = "127.0.0.1") -> bytes:
    return await asyncio.to_thread(exchange, port, request, source)


async def press(port: int, body: bytes, source: str = "127.0.0.1", **headers: str) -> tuple[int, dict[str, Any]]:
    connector = aiohttp.TCPConnector(local_addr=(source, 0))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.post(f"http://127.0.0.1:{port}/alarm-test", data=body, headers=JSON | headers) as answer,
    ):
        text = await answer.text()
        return answer.status, json.loads(text) if answer.content_type == "application/json" else {}


NOT_UNDERSTOOD = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "a number": b'{"pin": 246810}',
    "another key": b'{"nip": "246810"}',
    "half a surrogate pair": b'{"pin": "\\ud800"}',
    "no UTF-8": b'{"pin": "\xff\xfe"}',
    "UTF-16": json.dumps({"pin": PIN}).encode("utf-16"),
    "brackets": b"[" * 1020,
    "brackets as a value": b'{"x": ' + b"[" * 1000,
    "a great number": b'{"pin": ' + b"9" * 1000 + b"}",
    "NaN": b'{"pin": NaN}',
    "two values": b'{"pin": "246810"} {}',
    "a comment": b'/**/{"pin": "246810"}',
}


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
async def test_what_cannot_be_decoded_is_not_understood_and_costs_no_try(
    site: Site, port: int, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(FREE + 2):
        status, _ = await press(port, NOT_UNDERSTOOD[name])
        assert status == 400
    assert (await press(port, json.dumps({"pin": PIN}).encode()))[1]["result"] == "sent"
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/json; charset=utf-16",
        "application/json; charset=nonsense",
        "multipart/form-data",
        "",
        "application/jsonp",
    ],
)
async def test_a_test_is_asked_for_as_json_only(port: int, kind: str) -> None:
    status, _ = await press(port, json.dumps({"pin": PIN}).encode(), **{"Content-Type": kind})
    assert status == 415


async def test_a_body_longer_than_any_that_the_page_takes_is_refused(port: int) -> None:
    assert (await press(port, b" " * 2000))[0] == 413


NO_HTTP = {
    "noise": b"\x00\xff\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no version": b"GET /\r\n\r\n",
    "a long line": b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(200)) + b"\r\n",
    "two lengths": b"POST /alarm-test HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "length and chunks": b"POST /alarm-test HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a bad chunk": b"POST /alarm-test HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("name", NO_HTTP)
async def test_what_is_no_request_is_answered_with_400_and_without_a_trace(port: int, name: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = await raw(port, NO_HTTP[name])
    assert answer.partition(b" ")[2].startswith(b"4"), answer
    assert all(header.encode() in answer for header in PAGE_HEADERS)
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "WARNING") and record.exc_info]


ASKED = {
    "the page": ("GET", "/", {}, 200),
    "a script": ("GET", "/page.js", {}, 200),
    "the status": ("GET", "/status.json", {}, 200),
    "the metrics": ("GET", "/metrics", {}, 200),
    "only the headers": ("HEAD", "/status.json", {}, 200),
    "nothing that is there": ("GET", "/etc/passwd", {}, 404),
    "a folder above": ("GET", "/../gateway.toml", {}, 404),
    "another way": ("DELETE", "/", {}, 405),
    "a test by GET": ("GET", "/alarm-test", {}, 405),
    "another name": ("GET", "/status.json", {"Host": "evil.example"}, 421),
    "a page from elsewhere": ("GET", "/status.json", {"Origin": "http://evil.example"}, 403),
    "a test by a page from elsewhere": ("POST", "/alarm-test", {"Origin": "http://evil.example"}, 403),
    "the name of the site": ("GET", "/status.json", {"Host": "box.example:8088"}, 200),
}


@pytest.mark.parametrize("name", ASKED)
async def test_every_answer_has_the_same_headers(port: int, name: str) -> None:
    method, path, headers, status = ASKED[name]
    async with aiohttp.ClientSession() as session, session.request(method, f"http://127.0.0.1:{port}{path}", headers=headers) as answer:
        assert answer.status == status
        assert {header: answer.headers[header].partition(";")[0] for header in PAGE_HEADERS} == PAGE_HEADERS
        assert "unsafe" not in answer.headers["Content-Security-Policy"] and "aiohttp" not in answer.headers["Server"]


async def test_a_page_of_somebody_else_spends_no_try_of_the_pin(site: Site, port: int) -> None:
    for _ in range(FREE + 2):
        assert (await press(port, b'{"pin": "000000"}', Origin="http://evil.example"))[0] == 403
        assert (await press(port, b'{"pin": "000000"}', **{"Content-Type": "text/plain"}))[0] == 415
    assert (await press(port, json.dumps({"pin": PIN}).encode()))[0] == 200
    await until(lambda: site.gateway.counters["web.foreign"] == FREE + 2, "counted")


async def test_a_wrong_pin_locks_out_the_address_and_not_the_site_also_over_a_restart(site: Site, port: int) -> None:
    wrong, right = b'{"pin": "000000"}', json.dumps({"pin": PIN}).encode()
    for _ in range(FREE):
        assert (await press(port, wrong, "127.0.0.9"))[0] == 403
    for _ in range(2):
        status, verdict = await press(port, right, "127.0.0.9")
        assert (status, verdict["result"]) == (429, "locked") and 0 < verdict["wait_s"] <= 30
        assert (await press(port, right, "127.0.0.8"))[0] == 200
        await site.stop()
        await site.start_with("n-1", web={"port": port, "pin": PIN})
        await served(port)


async def test_a_wrong_pin_is_written_to_the_disk_on_another_thread_than_the_pages(site: Site, port: int) -> None:
    written_on: set[str] = set()

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and str(arguments[0]) == str(site.state / "pin.json.new"):
            written_on.add(threading.current_thread().name)

    sys.addaudithook(watch)  # it stays, and sees nothing of other tests
    assert (await press(port, b'{"pin": "000000"}'))[0] == 403
    assert (site.state / "pin.json").exists()
    assert written_on and written_on.isdisjoint({"local page", "MainThread"})


async def test_a_thousand_idle_connections_keep_no_report_and_no_viewer_waiting(site: Site, port: int) -> None:
    node = await site.node("n-1")
    with ExitStack() as stack:
        for number in range(1000):
            source = f"127.0.1.{number % 200 + 1}"
            opened = await asyncio.to_thread(socket.create_connection, ("127.0.0.1", port), 20, (source, 0))
            stack.enter_context(opened)
        await node.deliver("report", items("report", report(0)), 0)
        assert b"200 OK" in await raw(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        await until(lambda: site.gateway.counters["web.made_room"] >= 900, "closed for others")


async def test_viewers_behind_one_address_are_answered_beside_its_silent_connections(site: Site) -> None:
    port = free_port()
    await site.start_with("n-1", web={"port": port, "connections": 200, "address_connections": 64})
    await served(port)
    with ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(await asyncio.to_thread(socket.create_connection, ("127.0.0.1", port), 20))
        request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert [b"200 OK" in answer for answer in await asyncio.gather(*(raw(port, request) for _ in range(36)))] == [True] * 36
        await until(lambda: site.gateway.counters["web.address_made_room"] > 0, "closed for others of their address")
        assert site.gateway.counters["web.by_address"] == 0


async def test_viewers_who_take_nothing_hold_no_copy_of_the_answer(site: Site, port: int) -> None:
    with ExitStack() as stack:
        for _ in range(5):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            slow.sendall(b"GET /page.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40)
        assert b"200 OK" in await raw(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")


async def test_who_asks_too_often_is_told_so_and_others_are_answered(site: Site, port: int) -> None:
    async with aiohttp.ClientSession() as session:
        seen = set()
        for _ in range(1200):
            async with session.get(f"http://127.0.0.1:{port}/page.svg") as answer:
                seen.add(answer.status)
            if 429 in seen:
                break
    assert seen == {200, 429}
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert b"200 OK" in await raw(port, request, "127.0.0.7")


async def test_one_answer_serves_all_who_ask_within_two_seconds(site: Site, port: int) -> None:
    async with aiohttp.ClientSession() as session:

        async def at_ms() -> int:
            async with session.get(f"http://127.0.0.1:{port}/status.json") as answer:
                return int((await answer.json())["at_ms"])

        first = await at_ms()
        assert set(await asyncio.gather(*(at_ms() for _ in range(8)))) == {first}
        async with asyncio.timeout(20):
            while await at_ms() == first:
                await asyncio.sleep(0.1)


async def test_a_page_that_hangs_delays_no_acknowledgement(site: Site, port: int) -> None:
    """The buffer cannot be looked into: whoever asks the page waits, and reports do not."""
    node = await site.node("n-1")
    fifo = site.state / "desired.json"
    fifo.unlink()
    os.mkfifo(fifo)
    asking = asyncio.create_task(raw(port, b"GET /status.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
    try:
        for seq in range(20):
            await node.deliver("report", items("report", report(seq)), seq)
        assert not asking.done()
    finally:
        rescue = threading.Thread(target=lambda: fifo.write_bytes(b"{}"), daemon=True)
        rescue.start()
    assert b"200 OK" in await asking


async def test_when_the_gateway_does_not_answer_the_page_says_so_and_shows_it_later(site: Site, port: int) -> None:
    request, answers = b"GET /status.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", []
    asking = threading.Thread(target=lambda: answers.append(exchange(port, request)))
    asking.start()
    asking.join()  # this loop, which is the gateway's, stands still for as long as the page waits
    assert answers[0].startswith(b"HTTP/1.1 503") and b"Retry-After" in answers[0]
    assert b"200 OK" in await raw(port, request)
