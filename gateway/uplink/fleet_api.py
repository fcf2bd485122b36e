"""The device API of the fleet over HTTP: bytes out, checked answers in, every failure as one FleetError. Knows no state.

An answer that is cut short, too long, or not what the API says is a failure: nothing is concluded from it.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from contract.site import device_api
from contract.site import device_api_keys as keys
from gateway.errors import NEW_CODE, FleetError, reason_of
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_link import FleetLink
from gateway.uplink.tls import refusal
from gateway.uplink.traffic import Traffic

_MOST_DIGITS = 16
_MOST_TEXT = 300
_CHECK = "check the network of this site and [fleet] url; does the fleet service run?"


class FleetApi:
    """`session` is the caller's, with its time limits. `token` is empty before enrolment. `link`: when the fleet may be asked; `site`: its
    clock hears the time of every answer."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str, timeout_s: float, link: FleetLink, site: SiteTime) -> None:
        self._session = session
        self.link = link
        self._site = site
        self.traffic = Traffic()
        self._url = url.rstrip("/") + device_api.PREFIX
        self._headers: dict[str, str] = {}
        self.use(token)
        self._timeout_s = timeout_s

    def use(self, token: str) -> None:
        self._headers = {device_api.AUTHORIZATION_HEADER: device_api.TOKEN_SCHEME + token} if token else {}

    async def new_token(self) -> str:
        """The token to use from now on; the one in use holds until then."""
        token = _object(await self._post(device_api.TOKEN, b"{}")).get(keys.TOKEN)
        if not isinstance(token, str) or not token:
            raise FleetError("answer has no token")
        return token

    async def enrol(self, code: str) -> bytes:
        return await self._post(device_api.ENROL, json.dumps({keys.CODE: code}).encode())

    async def ingest(self, body: bytes) -> dict[str, Any]:
        """`body`: gzip. Returns the answer, an object."""
        return _object(await self._post(device_api.INGEST, body, {"Content-Encoding": "gzip"}))

    async def desired(self, have: int, wait_s: int) -> bytes | None:
        """The answer as it came, or None when there is nothing newer. The fleet may take `wait_s` over it."""
        timeout = aiohttp.ClientTimeout(total=wait_s + self._timeout_s)
        query = {device_api.HAVE: str(have), device_api.WAIT: str(wait_s)}
        async with self._request("GET", device_api.DESIRED, params=query, timeout=timeout) as response:
            return None if response.status == 304 else await self._read(response)

    async def reported(self, report: dict[str, Any]) -> None:
        """Its answer is quick, whatever the fleet has to do else: the one by which the time is asked."""
        await self._post(device_api.REPORTED, json.dumps(report).encode())

    async def logs(self, lines: list[dict[str, Any]]) -> None:
        await self._post(device_api.LOGS, json.dumps({keys.LINES: lines}).encode())

    async def _post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        all_headers = {"Content-Type": "application/json", **(headers or {})}
        async with self._request("POST", path, data=body, headers=all_headers, timeout=timeout) as response:
            return await self._read(response)

    @asynccontextmanager
    async def _request(self, method: str, path: str, **how: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        await self.link.open()
        try:
            async with self._answer(method, path, **how) as response:
                yield response
        except FleetError as error:
            self.link.failed(error)
            raise
        self.link.answered()

    @asynccontextmanager
    async def _answer(self, method: str, path: str, **how: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        headers = {**self._headers, **how.pop("headers", {})}
        asked_ms = self._site.monotonic_ms()
        self.traffic.up(len(how.get("data") or b""))
        try:
            async with self._session.request(method, self._url + path, headers=headers, allow_redirects=False, **how) as response:
                self._hear_time(response.headers.get(device_api.TIME_HEADER, ""), asked_ms)
                if response.status not in (200, 204, 304):
                    raise await _refusal(response, self._site.clock.utc_ms())
                yield response
        except aiohttp.ClientConnectorCertificateError as error:
            raise FleetError(_certificate_fault(error)) from error
        except aiohttp.ClientSSLError as error:
            raise FleetError(f"{type(error).__name__}: {error}") from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise FleetError(_unreachable(error), unreachable=True) from error
        except TimeoutError as error:
            raise FleetError("no answer in time") from error
        except (aiohttp.ClientError, asyncio.IncompleteReadError, OSError, ValueError) as error:
            raise FleetError(f"{type(error).__name__}: {error}") from error

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        answer = await _read(response)
        self.traffic.down(len(answer))
        return answer

    def _hear_time(self, utc_ms: str, asked_ms: int) -> None:
        if utc_ms.isdecimal() and len(utc_ms) < _MOST_DIGITS:
            self._site.hear_fleet(int(utc_ms), asked_ms)


def _certificate_fault(error: aiohttp.ClientConnectorCertificateError) -> str:
    cause = error.certificate_error
    return refusal(cause) if isinstance(cause, ssl.SSLCertVerificationError) else str(cause)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    taken = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        taken += chunk
        if len(taken) > device_api.MAX_ANSWER_BYTES:
            raise FleetError(f"answer longer than {device_api.MAX_ANSWER_BYTES} bytes", status=response.status)
    return bytes(taken)


def _unreachable(error: aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"nothing knows the name {error.host} -> check the network and the DNS of this site, and [fleet] url"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{error.host}:{error.port} takes no connection ({reason_of(error.os_error)}) -> {_CHECK}"
    return f"no connection in time -> {_CHECK}"


async def _refusal(response: aiohttp.ClientResponse, now_ms: int) -> FleetError:
    return FleetError(
        _refusal_text(response.status, await _read(response)),
        status=response.status,
        retry_after_s=_retry_after_s(response.headers.get(device_api.RETRY_AFTER_HEADER, ""), now_ms),
        whole_batch=response.status in device_api.NEVER_ACCEPTED_STATUSES and response.content_type == device_api.PROBLEM_TYPE,
    )


def _refusal_text(status: int, answer: bytes) -> str:
    """In words: of a problem (RFC 9457) its detail, of anything else the beginning."""
    if status == device_api.UNKNOWN_TOKEN_STATUS:
        return f"the fleet refuses the token of this gateway -> {NEW_CODE}"
    try:
        problem = _object(answer)
        text = str(problem.get("detail") or problem.get("title") or "")
    except FleetError:
        text = answer.decode(errors="replace")
    return f"HTTP {status}: {text[:_MOST_TEXT]}".rstrip(": ")


def _retry_after_s(text: str, now_ms: int) -> float:
    # RFC 9110, 10.2.3: seconds or a date.
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now_ms / 1000)
    except ValueError:
        return 0.0


def _object(answer: bytes) -> dict[str, Any]:
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise FleetError(f"answer is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise FleetError("answer is not an object")
    return value
