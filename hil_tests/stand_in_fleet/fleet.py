"""The device API (contract/site/device_api.py) of one gateway, in memory, over real HTTP.

It is held to the real service by hil_tests/tests/test_device_api_cases.py: what is refused there is refused here.
"""

import asyncio
import json
import os
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.site import device_api
from contract.site import device_api_keys as keys
from contract.site.canonical import canonical_bytes
from hil_tests.stand_in_fleet import bodies
from hil_tests.stand_in_fleet.artifacts import artifact_response
from hil_tests.stand_in_fleet.bodies import Reader
from hil_tests.stand_in_fleet.faults import AFTER, BEFORE, json_response
from hil_tests.stand_in_fleet.http import HttpServer, Request, Response
from hil_tests.stand_in_fleet.problems import RefusedError
from hil_tests.stand_in_fleet.record import IngestRecord

TOKEN = "token-of-g-01"
CODE = "one-time-code"
GATEWAY = "g-01"
KEY_ID = "k1"


class StandInFleet(IngestRecord):
    """`faults`: what to do with the next requests of ingest, in order; None: behave. `reader`: how thoroughly ingest bodies are judged.

    `port`: 0 for a free one.
    """

    def __init__(self, gateway: str = GATEWAY, reader: Reader = bodies.judging, port: int = 0) -> None:
        super().__init__(gateway)
        self._reader = reader
        self.signing_key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        self.batches: list[int] = []
        self.faults: deque[str | None] = deque()
        self.refuse_whole: Callable[[dict[str, Any]], bool] = lambda document: False
        # Whose answers wait until `notify` after it has become false.
        self.held: Callable[[dict[str, Any]], bool] = lambda document: False
        self.utc_ms: Callable[[], int] | None = None  # the time of its answers
        self.answer: bytes | None = None  # of desired: a signed document
        self.version = 0  # of that document
        self.longest_wait_s = 2.0
        self.stated: list[str | None] = []  # what time it was at the gateway, at each delivery
        self.asked: list[int] = []  # which version the gateway had, at each question
        self.reports: list[dict[str, Any]] = []
        self.log_lines: list[dict[str, Any]] = []
        self.artifacts: dict[str, bytes] = {}
        self.enrolled: set[str] = set()
        self.tokens = [TOKEN]  # valid ones: the one in use, and the next one until that has been used
        self.token_faults: deque[str] = deque()
        self.desired_faults: deque[str] = deque()
        self.changed = asyncio.Condition()
        self.tls: ssl.SSLContext | None = None
        self.url = ""
        self._http = HttpServer(self._respond, port)
        self._routes: dict[tuple[str, str], Callable[[Request], Awaitable[Response]]] = {
            ("POST", device_api.TOKEN): self._token,
            ("POST", device_api.INGEST): self.ingest,
            ("GET", device_api.DESIRED): self._desired,
            ("POST", device_api.REPORTED): self._reported,
            ("POST", device_api.LOGS): self._logs,
            ("GET", device_api.ARTIFACTS): self._artifact,
        }

    async def start(self) -> None:
        """On a free port; again on the same one after `stop`."""
        self._http.tls = self.tls
        await self._http.start()
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self._http.port}"

    async def stop(self) -> None:
        await self._http.stop()

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
            keys.GATEWAY: self.gateway,
            keys.VERSION: self.version,
            "issued_ms": 1,
            "settings": {},
            "rules": [],
            "calibrations": [],
            "nodes": nodes,
        }
        await self.publish(signed(document | more, self.signing_key))

    async def publish(self, answer: bytes) -> None:
        self.answer = answer
        with suppress(ValueError, LookupError, TypeError):  # a document that a test made invalid lists nobody
            self.nodes |= {node[keys.NODE] for node in json.loads(answer)[keys.DOCUMENT]["nodes"]}
        await self.notify()

    async def notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def public_key(self) -> str:
        return self.signing_key.public_key().public_bytes_raw().hex()

    def identity(self) -> dict[str, Any]:
        key = {keys.ID: KEY_ID, keys.ED25519: self.public_key()}
        return {keys.GATEWAY: self.gateway, keys.TOKEN: TOKEN, keys.CONFIG_KEYS: [key], keys.UTC_MS: self._now_ms()}

    def identity_bytes(self) -> bytes:
        return json.dumps(self.identity()).encode()

    def _now_ms(self) -> int:
        return self.utc_ms() if self.utc_ms is not None else 1

    async def _respond(self, request: Request) -> Response:
        try:
            response = await self._route(request)
        except RefusedError as error:
            response = error.response
        if self.utc_ms is not None:
            response = replace(response, headers={**response.headers, device_api.TIME_HEADER: str(self.utc_ms())})
        return response

    async def _route(self, request: Request) -> Response:
        path = request.path.removeprefix(device_api.PREFIX)
        if (request.method, path) == ("POST", device_api.ENROL):
            return self._enrol(request)
        if path == device_api.DESIRED and self.desired_faults:
            return Response(int(self.desired_faults.popleft()))
        folder = path.rpartition("/")[0]
        handler = self._routes.get((request.method, folder or path))
        if handler is None or (folder and folder != device_api.ARTIFACTS):
            raise RefusedError(404, "Not Found")
        self._authenticate(request)
        if path == device_api.INGEST:
            self.stated.append(request.headers.get(device_api.TIME_HEADER.lower()))
        return await handler(request)

    def _authenticate(self, request: Request) -> None:
        token = request.headers.get(device_api.AUTHORIZATION_HEADER.lower(), "").removeprefix(device_api.TOKEN_SCHEME)
        if token in self.tokens[1:]:
            self.tokens = [token]
        if token not in self.tokens:
            raise RefusedError(device_api.UNKNOWN_TOKEN_STATUS, "a valid token is needed", {"WWW-Authenticate": "Bearer"})

    def _enrol(self, request: Request) -> Response:
        code = bodies.read(bodies.Enrol, request.body).code
        if code != CODE or code in self.enrolled:
            raise RefusedError(403, "the code is wrong or used")
        self.enrolled.add(code)
        return Response(200, self.identity_bytes())

    async def _token(self, request: Request) -> Response:
        self.tokens = [self.tokens[0], f"token-{os.urandom(4).hex()}"]
        if self.token_faults:
            self.token_faults.popleft()
            return Response(500)
        return json_response({keys.TOKEN: self.tokens[1], keys.UTC_MS: self._now_ms()})

    async def ingest(self, request: Request) -> Response:
        fault = self.faults.popleft() if self.faults else None
        batch = self._reader(bodies.plain(request.body, request.headers.get("content-encoding", "identity")))
        self.batches.append(len(batch.items))
        await self.notify()
        if fault in BEFORE:
            return BEFORE[fault]()
        if self.refuse_whole(batch.document):
            raise RefusedError(400, "a bad batch")
        answer = self.record(batch) | {keys.UTC_MS: self._now_ms()}
        await self.notify()
        if self.held(batch.document):
            async with self.changed:
                await self.changed.wait_for(lambda: not self.held(batch.document))
        return await AFTER[fault](answer) if fault in AFTER else json_response(answer)

    async def _desired(self, request: Request) -> Response:
        have = bodies.whole_number(request.query.get(device_api.HAVE, "0"), device_api.HAVE, device_api.MAX_VERSION)
        wait_s = bodies.whole_number(request.query.get(device_api.WAIT, "0"), device_api.WAIT, device_api.MAX_WAIT_S)
        self.asked.append(have)
        await self.notify()
        if self.answer is not None and self.version < have <= self.version + device_api.MAX_VERSIONS_AHEAD:
            await self._overtake(have)
        async with self.changed:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.changed.wait_for(lambda: self._is_newer(have)), min(wait_s, self.longest_wait_s))
        return Response(200, self.answer) if self.answer is not None and self._is_newer(have) else Response(304)

    def _is_newer(self, have: int) -> bool:
        return self.answer is not None and self.version > have

    async def _overtake(self, have: int) -> None:
        """The same document above what the gateway has: it accepts only a greater version."""
        assert self.answer is not None
        self.version = have + 1
        document = json.loads(self.answer)[keys.DOCUMENT]
        await self.publish(signed(document | {keys.VERSION: self.version}, self.signing_key))

    async def _reported(self, request: Request) -> Response:
        bodies.read(bodies.Report, request.body)
        self.reports.append(json.loads(request.body))
        await self.notify()
        return Response(204)

    async def _logs(self, request: Request) -> Response:
        bodies.read(bodies.Logs, request.body)
        self.log_lines += json.loads(request.body)[keys.LINES]
        await self.notify()
        return Response(204)

    async def _artifact(self, request: Request) -> Response:
        return artifact_response(self.artifacts, request.path.rpartition("/")[2], request.headers.get("range"))


def signed(document: dict[str, Any], key: Ed25519PrivateKey, key_id: str = KEY_ID) -> bytes:
    signature = key.sign(canonical_bytes(document)).hex()
    return json.dumps({keys.DOCUMENT: document, keys.KEY_ID: key_id, keys.SIGNATURE: signature}).encode()
