"""What may go wrong with an answer of ingest, by name: in place of any work, or after all of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import msgspec

from contract.site import device_api
from contract.site import device_api_keys as keys
from hil_tests.stand_in_fleet.http import Response
from hil_tests.stand_in_fleet.problems import problem

LATE_S = 5.0  # longer than a client of the tests waits
_SOON = {device_api.RETRY_AFTER_HEADER: "1"}

BEFORE: dict[str, Callable[[], Response]] = {
    "500": lambda: Response(500, b"oops", "text/plain"),
    "429": lambda: problem(429, "too many requests", _SOON),
    "503": lambda: problem(503, "too much waits to be written", _SOON),
    "400 of a proxy": lambda: Response(400, b"Bad Request", "text/html"),
}


async def _truncated(answer: dict[str, Any]) -> Response:
    whole = json_response(answer)
    return replace(whole, sent_bytes=len(whole.body) // 2)


async def _half(answer: dict[str, Any]) -> Response:
    results = answer[keys.RESULTS]
    return json_response(answer | {keys.RESULTS: results[: len(results) // 2]})


async def _odd(answer: dict[str, Any]) -> Response:
    return json_response(answer | {keys.RESULTS: [{keys.STATUS: "perhaps"}] * len(answer[keys.RESULTS])})


async def _not_json(answer: dict[str, Any]) -> Response:
    return Response(200, b"<html>welcome to the hotel</html>", "text/html")


async def _late(answer: dict[str, Any]) -> Response:
    await asyncio.sleep(LATE_S)
    return json_response(answer)


AFTER: dict[str, Callable[[dict[str, Any]], Awaitable[Response]]] = {
    "truncated": _truncated,
    "half": _half,
    "odd": _odd,
    "not JSON": _not_json,
    "late": _late,
}
FAULTS = [*BEFORE, *AFTER]


def json_response(document: object) -> Response:
    return Response(200, msgspec.json.encode(document))
