"""A small fleet of our own making, for tests: the device API over real HTTP, able to misbehave on request.

It remembers every item that it accepted, so a test can say what is in the record, how often, and with which date.
"""

import asyncio
import json
import os
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.site.canonical import canonical_bytes
from contract.site.device_api import TIME_HEADER

TOKEN = "token-of-g-01"
CODE = "one-time-code"
GATEWAY = "g-01"
Key = tuple[str, str, int]
Misbehaviour = Callable[[web.Request, "FleetStandIn"], "web.StreamResponse | None"]


class FleetStandIn:
    """`faults`: what to do with the next requests of ingest, in order; None: behave."""

    def __init__(self) -> None:
        self.signing_key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        self.items: dict[Key, dict[str, Any]] = {}
        self.accepted: list[Key] = []  # in the order of their coming
        self.anchors: list[dict[str, Any]] = []
        self.dropped: list[dict[str, Any]] = []
        self.duplicates = 0
        self.batches: list[int] = []
        self.faults: deque[str | None] = deque()
        self.refuse: Callable[[dict[str, Any]], str | None] = lambda item: None
        self.refuse_whole: Callable[[dict[str, Any]], bool] = lambda document: False
        self.held: Callable[[dict[str, Any]], bool] = lambda document: False  # whose answers wait until `tell` after it has become false
        self.utc_ms: Callable[[], int] | None = None  # the time that it tells with every answer
        self.answer: bytes | None = None
        self.version = 0
        self.longest_wait_s = 2.0
        self.asked: list[int] = []  # which version the gateway had, at each question
        self.reports: list[dict[str, Any]] = []
        self.log_lines: list[dict[str, Any]] = []
        self.enrolled: set[str] = set()
        self.tokens = [TOKEN]  # that it takes: the one in use, and the next one until that has been used
        self.token_faults: deque[str] = deque()
        self.desired_faults: deque[str] = deque()
        self.changed = asyncio.Condition()
        self.url = ""
        self.tls: ssl.SSLContext | None = None
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self) -> None:
        """On a free port; again on the same one after `stop`."""
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_post("/device/v1/enrol", self._enrol)
        app.router.add_post("/device/v1/token", self._token)
        app.router.add_post("/device/v1/ingest", self._ingest)
        app.router.add_get("/device/v1/desired", self._desired)
        app.router.add_post("/device/v1/reported", self._reported)
        app.router.add_post("/device/v1/logs", self._logs)
        app.on_response_prepare.append(self._tell_time)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self.tls)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def wait(self, condition: Callable[[], bool], within_s: float = 30, what: str = "") -> None:
        async with self.changed:
            try:
                await asyncio.wait_for(self.changed.wait_for(condition), within_s)
            except TimeoutError:
                raise AssertionError(f"not within {within_s} s: {what}; {len(self.items)} items, reports {self.reports[-1:]}") from None

    async def desire(self, nodes: list[dict[str, Any]], **more: Any) -> None:
        """A new document, one version up, signed."""
        self.version += 1
        document = {
            "gateway": GATEWAY,
            "version": self.version,
            "issued_ms": 1,
            "settings": {},
            "rules": [],
            "calibrations": [],
            "nodes": nodes,
        }
        await self.publish(signed(document | more, self.signing_key))

    async def publish(self, answer: bytes) -> None:
        self.answer = answer
        await self.tell()

    async def tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def public_key(self) -> str:
        return self.signing_key.public_key().public_bytes_raw().hex()

    def identity(self) -> dict[str, Any]:
        return {"gateway": GATEWAY, "token": TOKEN, "config_keys": [{"id": "k1", "ed25519": self.public_key()}], "utc_ms": 1}

    async def _tell_time(self, request: web.Request, response: web.StreamResponse) -> None:
        if self.utc_ms is not None:
            response.headers[TIME_HEADER] = str(self.utc_ms())

    async def _enrol(self, request: web.Request) -> web.Response:
        code = json.loads(await request.read())["code"]
        if code != CODE or code in self.enrolled:
            return problem(403, "code")
        self.enrolled.add(code)
        return web.json_response(self.identity())

    def identity_bytes(self) -> bytes:
        return json.dumps(self.identity()).encode()

    def _knows(self, request: web.Request) -> bool:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in self.tokens[1:]:
            self.tokens = [token]
        return token in self.tokens

    async def _token(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return problem(401, "token")
        self.tokens = [self.tokens[0], f"token-{os.urandom(4).hex()}"]
        if self.token_faults:
            self.token_faults.popleft()
            return web.Response(status=500)
        return web.json_response({"token": self.tokens[1], "utc_ms": 1})

    async def _ingest(self, request: web.Request) -> web.StreamResponse:
        if not self._knows(request):
            return problem(401, "token")
        document = json.loads(await request.read())  # aiohttp has undone the gzip
        fault = self.faults.popleft() if self.faults else None
        self.batches.append(len(document["items"]))
        await self.tell()
        if fault in _BEFORE:
            return _BEFORE[fault]()
        if self.refuse_whole(document):
            return problem(400, "a bad batch")
        answer = self._take(document)
        await self.tell()
        if self.held(document):
            async with self.changed:
                await self.changed.wait_for(lambda: not self.held(document))
        return await _AFTER[fault](request, answer) if fault in _AFTER else web.json_response(answer)

    def _take(self, document: dict[str, Any]) -> dict[str, Any]:
        self.anchors += document.get("anchors", [])
        self.dropped += document.get("dropped", [])
        return {"results": [self._take_item(item) for item in document["items"]], "utc_ms": 1, "dropped": len(document.get("dropped", []))}

    def _take_item(self, item: dict[str, Any]) -> dict[str, str]:
        key = (item["node"], item["boot"], item["seq"])
        reason = self.refuse(item)
        if reason:
            return {"status": "refused", "reason": reason}
        if key in self.items:
            self.duplicates += 1
            return {"status": "duplicate"}
        self.items[key] = item
        self.accepted.append(key)
        return {"status": "accepted"}

    async def _desired(self, request: web.Request) -> web.Response:
        have, wait_s = int(request.query["have"]), float(request.query["wait"])
        if self.desired_faults:
            return web.Response(status=int(self.desired_faults.popleft()))
        if not self._knows(request):
            return problem(401, "token")

        self.asked.append(have)
        await self.tell()

        def newer() -> bool:
            return self.answer is not None and (self.version > have)

        async with self.changed:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.changed.wait_for(newer), min(wait_s, self.longest_wait_s))
        if not newer():
            return web.Response(status=304)
        return web.Response(body=self.answer, content_type="application/json")

    async def _reported(self, request: web.Request) -> web.Response:
        self.reports.append(json.loads(await request.read()))
        await self.tell()
        return web.Response(status=204)

    async def _logs(self, request: web.Request) -> web.Response:
        self.log_lines += json.loads(await request.read())["lines"]
        await self.tell()
        return web.Response(status=204)


def signed(document: dict[str, Any], key: Ed25519PrivateKey, key_id: str = "k1") -> bytes:
    signature = key.sign(canonical_bytes(document)).hex()
    return json.dumps({"document": document, "key_id": key_id, "signature": signature}).encode()


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    body = json.dumps({"type": "about:blank", "title": detail, "status": status, "detail": detail})
    return web.Response(status=status, text=body, content_type="application/problem+json", headers=headers)


async def _truncated(request: web.Request, answer: dict[str, Any]) -> web.StreamResponse:
    response = web.StreamResponse()
    body = json.dumps(answer).encode()
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    assert request.transport is not None
    request.transport.close()
    return response


async def _half(request: web.Request, answer: dict[str, Any]) -> web.StreamResponse:
    return web.json_response(answer | {"results": answer["results"][: len(answer["results"]) // 2]})


async def _odd(request: web.Request, answer: dict[str, Any]) -> web.StreamResponse:
    return web.json_response(answer | {"results": [{"status": "perhaps"}] * len(answer["results"])})


async def _not_json(request: web.Request, answer: dict[str, Any]) -> web.StreamResponse:
    return web.Response(text="<html>welcome to the hotel</html>", content_type="text/html")


async def _late(request: web.Request, answer: dict[str, Any]) -> web.StreamResponse:
    # Later than the client waits: what it answers is true, and nobody hears it.
    await asyncio.sleep(5)
    return web.json_response(answer)


# Answered before anything is taken, and after everything has been.
_BEFORE: dict[str | None, Callable[[], web.Response]] = {
    "500": lambda: web.Response(status=500, text="oops"),
    "429": lambda: problem(429, "too much", {"Retry-After": "1"}),
    "503": lambda: problem(503, "not now", {"Retry-After": "1"}),
    "400 of a proxy": lambda: web.Response(status=400, text="Bad Request", content_type="text/html"),
}
_AFTER = {"truncated": _truncated, "half": _half, "odd": _odd, "not JSON": _not_json, "late": _late}
FAULTS = [fault for fault in (*_BEFORE, *_AFTER) if fault is not None]
