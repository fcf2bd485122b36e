"""The device API of the fleet over HTTP: bytes out, checked answers in, every failure as one FleetError. Knows no state.

An answer that is cut short, too long, or not what the API says is a failure: nothing is concluded from it.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from contract.site import device_api
from contract.site import device_api_keys as keys
from gateway.errors import AnswerError, FleetError
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_answers import read_body, read_object, retry_after_s
from gateway.uplink.fleet_faults import broken_exchange, connection_timeout, refused_request
from gateway.uplink.fleet_link import FleetLink
from gateway.uplink.traffic import Traffic

_MOST_DIGITS = 16
# Of the time for an answer: when that ends first, nothing says whether there was a connection.
_CONNECT_SHARE = 0.8


class FleetApi:
    """`session` is the caller's, with its time limits. `token` is empty before enrolment. `link`: when the fleet may be asked; `site`: its
    clock hears the time of every answer."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str, timeout_s: float, link: FleetLink, site: SiteTime) -> None:
        self._session = session
        self.link = link
        self._site = site
        self.traffic = Traffic()
        self._url = url.rstrip("/") + device_api.PREFIX
        parts = urlsplit(url)
        self._where, self._has_tls = parts.netloc, parts.scheme == "https"
        self._headers: dict[str, str] = {}
        self.use(token)
        self._timeout_s = timeout_s

    def use(self, token: str) -> None:
        self._headers = {device_api.AUTHORIZATION_HEADER: device_api.TOKEN_SCHEME + token} if token else {}

    async def new_token(self) -> str:
        """The token to use from now on; the one in use holds until then."""
        token = read_object(await self._post(device_api.TOKEN, b"{}")).get(keys.TOKEN)
        if not isinstance(token, str) or not token:
            raise AnswerError("has no token")
        return token

    async def enrol(self, code: str) -> bytes:
        return await self._post(device_api.ENROL, json.dumps({keys.CODE: code}).encode())

    async def ingest(self, body: bytes) -> dict[str, Any]:
        """`body`: gzip. Returns the answer, an object. What time it is here goes with it, once that is known: it dates what is in it."""
        stated = {device_api.TIME_HEADER: str(self._site.utc_ms())} if self._site.is_known else {}
        return read_object(await self._post(device_api.INGEST, body, {"Content-Encoding": "gzip", **stated}))

    async def desired(self, have: int, wait_s: int) -> bytes | None:
        """The answer as it came, or None when there is nothing newer. The fleet may take `wait_s` over it."""
        timeout = self._limits(wait_s + self._timeout_s)
        query = {device_api.HAVE: str(have), device_api.WAIT: str(wait_s)}
        async with self._request("GET", device_api.DESIRED, params=query, timeout=timeout) as response:
            return None if response.status == 304 else await self._read(response)

    async def reported(self, report: dict[str, Any]) -> None:
        """Its answer is quick, whatever the fleet has to do else: the one by which the time is asked."""
        await self._post(device_api.REPORTED, json.dumps(report).encode())

    async def logs(self, lines: list[dict[str, Any]]) -> None:
        await self._post(device_api.LOGS, json.dumps({keys.LINES: lines}).encode())

    async def _post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
        timeout = self._limits(self._timeout_s)
        all_headers = {"Content-Type": device_api.ANSWER_TYPE, **(headers or {})}
        async with self._request("POST", path, data=body, headers=all_headers, timeout=timeout) as response:
            return await self._read(response)

    def _limits(self, total_s: float) -> aiohttp.ClientTimeout:
        """Those of a request take the place of the session's: the one for connecting is kept."""
        most_s = _CONNECT_SHARE * self._timeout_s
        connect_s = self._session.timeout.sock_connect
        return aiohttp.ClientTimeout(total=total_s, sock_connect=most_s if connect_s is None else min(connect_s, most_s))

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
                    raise await self._refusal(response)
                if response.status == 200 and response.content_type != device_api.ANSWER_TYPE:
                    raise AnswerError("is not of this API")
                yield response
        except aiohttp.ConnectionTimeoutError as error:
            # Its limit is that of connection and TLS together; the fleet counts as away for want of the first only.
            raise connection_timeout(self._where, accepts=self._has_tls and await self.link.connects()) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise broken_exchange(error, self._where) from error

    async def _refusal(self, response: aiohttp.ClientResponse) -> FleetError:
        has_token = device_api.AUTHORIZATION_HEADER in self._headers
        location = response.headers.get("Location", "")
        return FleetError(
            refused_request(response.status, response.content_type, await read_body(response), self._where, location, has_token=has_token),
            status=response.status,
            retry_after_s=retry_after_s(response.headers.get(device_api.RETRY_AFTER_HEADER, ""), self._site.clock.utc_ms()),
            whole_batch=response.status in device_api.NEVER_ACCEPTED_STATUSES and response.content_type == device_api.PROBLEM_TYPE,
        )

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        answer = await read_body(response)
        self.traffic.down(len(answer))
        return answer

    def _hear_time(self, utc_ms: str, asked_ms: int) -> None:
        if utc_ms.isdecimal() and len(utc_ms) < _MOST_DIGITS:
            self._site.hear_fleet(int(utc_ms), asked_ms)
