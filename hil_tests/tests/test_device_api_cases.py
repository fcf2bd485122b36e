"""The fleet service and its stand-in answer the same requests alike: status, answer, kind of problem, headers."""

import hashlib
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.site import device_api
from contract.site import device_api_keys as keys
from fleet.tests.district import District, open_district
from hil_tests.stand_in_fleet.fleet import CODE, TOKEN, StandInFleet
from hil_tests.tests import device_api_cases
from hil_tests.tests.device_api_cases import ARTIFACT, CASES, FOREIGN_NODE, GATEWAY, GETS, NODE, WRONG_TOKEN, Ask, Relative

SHA256 = hashlib.sha256(ARTIFACT).hexdigest()
_NODE = {"node": NODE, "key": "00" * 32, "settings": {}, "settings_version": 0}


@dataclass
class Service:
    """`token`: in use; `next_token`: from the newest answer of token."""

    client: httpx.AsyncClient
    token: str
    code: str = ""
    version: int = 0
    next_token: str = field(default="", init=False)

    async def ask(self, ask: Ask) -> httpx.Response:
        tokens = {"current": self.token, "next": self.next_token, "wrong": WRONG_TOKEN}
        headers = {"Content-Type": "application/json", **ask.headers}
        if ask.token in tokens:
            headers[device_api.AUTHORIZATION_HEADER] = device_api.TOKEN_SCHEME + tokens[ask.token]
        path = device_api.PREFIX + ask.path.replace("SHA256", SHA256)
        method = "GET" if ask.path.startswith(GETS) else "POST"
        response = await self.client.request(method, path, content=self._body(ask.body), headers=headers, params=self._filled(ask.query))
        if ask.path == device_api.TOKEN and response.status_code == 200:
            self.next_token = response.json()[keys.TOKEN]
        return response

    def faults(self, ask: Ask, response: httpx.Response) -> list[str]:
        """What is not as the case says."""
        expected = self._filled(ask.answer)
        answer = response.content if isinstance(expected, bytes) or expected is None else response.json()
        judged = (
            (response.status_code == ask.status, f"status {response.status_code}: {response.text[:200]}"),
            (expected is None or contains(answer, expected), f"answer {str(answer)[:300]}"),
            (ask.status < 400 or response.headers.get("content-type") == device_api.PROBLEM_TYPE, "no problem"),
            (ask.answer_headers.items() <= dict(response.headers).items(), f"headers {dict(response.headers)}"),
            (response.headers.get(device_api.TIME_HEADER, "").isdecimal(), "no time"),
        )
        return [f"{ask.name}: {fault}" for good, fault in judged if not good]

    def _body(self, body: Any) -> bytes:
        if body is None or isinstance(body, bytes):
            return body or b""
        filled = {**body, keys.CODE: self.code} if isinstance(body, dict) and body.get(keys.CODE) == device_api_cases.CODE else body
        return json.dumps(filled).encode()

    def _filled(self, value: Any) -> Any:
        if isinstance(value, Relative):
            return self.version + value.offset
        return {key: self._filled(one) for key, one in value.items()} if isinstance(value, dict) else value


def contains(answer: Any, expected: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(answer, dict) and all(key in answer and contains(answer[key], value) for key, value in expected.items())
    if isinstance(expected, list):
        return isinstance(answer, list) and len(answer) == len(expected) and all(map(contains, answer, expected))
    return bool(answer == expected)


@asynccontextmanager
async def district(state: Path, **limits: Any) -> AsyncIterator[District]:
    state.mkdir(mode=0o700)
    async with open_district(state, longest_wait_s=1, **limits) as opened:
        await opened.add_gateway("g-2")
        await opened.add_node(FOREIGN_NODE, "g-2")
        yield opened


@asynccontextmanager
async def real(folder: Path) -> AsyncIterator[Service]:
    async with district(folder / "state") as opened:
        headers = {"Authorization": f"Bearer {opened.admin_token}"}
        assert (await opened.client.post("/api/v1/artifacts", params={"name": "a"}, content=ARTIFACT, headers=headers)).is_success
        code = (await opened.admin("POST", f"gateways/{GATEWAY}/enrolment")).json()["enrolment_code"]
        version = (await opened.device("GET", "desired")).json()[keys.DOCUMENT][keys.VERSION]
        yield Service(opened.client, opened.gateway_token, code, version)


@asynccontextmanager
async def stand_in(folder: Path) -> AsyncIterator[Service]:
    fleet = StandInFleet(GATEWAY)
    fleet.foreign.add(FOREIGN_NODE)
    fleet.artifacts[SHA256] = ARTIFACT
    fleet.utc_ms = lambda: 1
    fleet.longest_wait_s = 1
    await fleet.desire([_NODE])
    await fleet.start()
    async with httpx.AsyncClient(base_url=fleet.url) as client:
        yield Service(client, TOKEN, CODE, fleet.version)
    await fleet.stop()


Open = Callable[[Path], AbstractAsyncContextManager[Service]]


@pytest.mark.parametrize("open_service", [real, stand_in])
@pytest.mark.parametrize("case", CASES)
async def test_every_case_is_answered_as_it_says(tmp_path: Path, open_service: Open, case: str) -> None:
    async with open_service(tmp_path) as service:
        assert not [fault for ask in CASES[case] for fault in service.faults(ask, await service.ask(ask))]


def is_overload(response: httpx.Response, status: int) -> bool:
    retry_after_s = response.headers.get(device_api.RETRY_AFTER_HEADER, "")
    return response.status_code == status and response.headers["content-type"] == device_api.PROBLEM_TYPE and retry_after_s.isdecimal()


async def test_the_service_answers_too_many_requests_as_its_stand_in_does(tmp_path: Path) -> None:
    async with district(tmp_path / "state", ingest_requests_per_s=1) as opened:
        answers = [await opened.device("POST", "ingest", {keys.ITEMS: []}) for _ in range(3)]
    assert is_overload(answers[-1], 429)
    assert is_overload(await _stand_in_overloaded("429"), 429)


async def test_the_service_answers_that_too_much_waits_as_its_stand_in_does(tmp_path: Path) -> None:
    async with district(tmp_path / "state", waiting_writes=2) as opened:
        begun, go_on = threading.Event(), threading.Event()

        def hold(_connection: object) -> None:
            begun.set()
            go_on.wait(30)

        opened.service.writer.submit(hold)
        assert begun.wait(30)
        waiting = [opened.service.writer.submit(lambda connection: None) for _ in range(2)]
        answer = await opened.device("POST", "ingest", {keys.ITEMS: []})
        go_on.set()
        for one in waiting:
            one.result(30)
    assert is_overload(answer, 503)
    assert is_overload(await _stand_in_overloaded("503"), 503)


async def _stand_in_overloaded(fault: str) -> httpx.Response:
    fleet = StandInFleet()
    fleet.faults.append(fault)
    await fleet.start()
    async with httpx.AsyncClient(base_url=fleet.url) as client:
        headers = {device_api.AUTHORIZATION_HEADER: device_api.TOKEN_SCHEME + TOKEN}
        answer = await client.post(device_api.PREFIX + device_api.INGEST, json={keys.ITEMS: []}, headers=headers)
    await fleet.stop()
    return answer
