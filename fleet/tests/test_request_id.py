"""Each answer names its request, as the log and the body of an error do; a foreign id is taken from a proxy only, and only as a word."""

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from anyio import to_thread
from fastapi import Response
from sqlalchemy import text
from starlette.types import Receive, Scope, Send

from fleet.http.request_id import HEADER, OfRequest, RequestIds
from fleet.tests.district import District, open_district
from host.logs.limited_handler import LimitedHandler

GIVEN = "proxy-0123.abc_DEF"
WRONG = ["short", "x" * 65, "white space", 'q"uote-here', "-begins-wrong", "lines\\nlines", "schön-schön", "<script>alert"]


@pytest.fixture
async def local(state: Path) -> AsyncIterator[District]:
    async with open_district(state) as opened:
        yield opened


@pytest.fixture
async def behind_proxy(state: Path) -> AsyncIterator[District]:
    async with open_district(state, behind_tls_proxy=True) as opened:
        yield opened


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """As the service writes it."""
    stream = io.StringIO()
    handler = LimitedHandler(stream, lambda: 0.0)
    handler.addFilter(OfRequest())
    logging.getLogger("fleet").addHandler(handler)
    yield stream
    logging.getLogger("fleet").removeHandler(handler)


async def test_a_request_has_an_id_of_its_own_which_its_error_names(local: District) -> None:
    first, second = [await local.client.get("/nowhere", headers={HEADER: GIVEN}) for _ in range(2)]
    assert first.headers[HEADER] != second.headers[HEADER] != GIVEN
    assert first.json()["request_id"] == first.headers[HEADER]
    assert (await local.client.get("/healthz")).headers[HEADER]


async def test_a_proxy_may_name_a_request(behind_proxy: District) -> None:
    answer = await behind_proxy.client.get("/nowhere", headers={HEADER: GIVEN})
    assert answer.headers[HEADER] == answer.json()["request_id"] == GIVEN


@pytest.mark.parametrize("given", WRONG)
async def test_what_is_no_word_is_not_taken_from_a_proxy_either(behind_proxy: District, given: str) -> None:
    answer = await behind_proxy.client.get("/nowhere", headers=[(HEADER.encode(), given.encode())])
    assert given not in answer.text and answer.headers[HEADER] != given
    assert len(answer.headers[HEADER]) == 16


async def test_two_ids_are_none(behind_proxy: District) -> None:
    answer = await behind_proxy.client.get("/nowhere", headers=[(HEADER, GIVEN), (HEADER, GIVEN)])
    assert answer.headers[HEADER] != GIVEN


async def test_the_log_of_a_fault_names_its_request(local: District, log: io.StringIO) -> None:
    logging.getLogger("fleet.tests").warning("outside")
    await local.service.write(lambda connection: connection.execute(text("DROP TABLE gateway_revision")))
    answer = await local.admin("GET", "gateways/g-1/configuration")
    assert answer.status_code == 503
    # The background of the service says when it begins.
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    outside, of_fault = [line for line in lines if line["level"] != "info"]
    assert "request" not in outside
    assert of_fault["request"] == answer.headers[HEADER] == answer.json()["request_id"]


async def test_what_is_logged_in_a_thread_of_a_request_names_it(log: io.StringIO) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await to_thread.run_sync(logging.getLogger("fleet.tests").warning, "in a thread")
        await Response()(scope, receive, send)

    transport = httpx.ASGITransport(RequestIds(app, believed=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://fleet") as client:
        answer = await client.get("/")
    assert json.loads(log.getvalue())["request"] == answer.headers[HEADER]
