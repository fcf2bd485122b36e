"""The bodies and headers of the fleet's answers, read within limits. What is not as the device API says is an AnswerError."""

import json
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from contract.site import device_api
from gateway.errors import AnswerError

_CHUNK_BYTES = 65_536


async def read_body(response: aiohttp.ClientResponse) -> bytes:
    taken = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        taken += chunk
        if len(taken) > device_api.MAX_ANSWER_BYTES:
            raise AnswerError(f"is longer than {device_api.MAX_ANSWER_BYTES} bytes")
    return bytes(taken)


def read_object(answer: bytes) -> dict[str, Any]:
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise AnswerError("is not JSON") from error
    if not isinstance(value, dict):
        raise AnswerError("is not an object of JSON")
    return value


def retry_after_s(text: str, now_ms: int) -> float:
    # RFC 9110, 10.2.3: seconds or a date.
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now_ms / 1000)
    except ValueError:
        return 0.0
