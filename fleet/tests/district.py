"""A small district for tests: the whole application in this process, a clock that a test sets, and short words for its API."""

import asyncio
import functools
import json
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from contract.site import device_api
from contract.site import device_api_keys as keys
from fleet import state_folder
from fleet.application import build_application
from fleet.clock import Clock
from fleet.options import Configuration
from fleet.pages.public import Public
from fleet.people import admin_tokens
from fleet.people.audit import Act
from fleet.service import Service

START_MS = 1_800_000_000_000
BOOT = "00000001aaaaaaaa"
LATER_BOOT = "00000002bbbbbbbb"
PM2_5 = 2
TVOC = 30


@dataclass
class SetClock:
    now_ms: int = START_MS

    def clock(self) -> Clock:
        return Clock(lambda: self.now_ms, lambda: self.now_ms)


@dataclass
class District:
    """One site s-1, one gateway g-1 that is enrolled, one node n-1."""

    client: httpx.AsyncClient
    service: Service
    public: Public
    time: SetClock
    admin_token: str = ""
    gateway_token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def admin(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.admin_token}"}
        return await self.client.request(method, f"/api/v1/{path}", json=body, headers=headers, params=query)

    async def read(self, path: str, **query: Any) -> Any:
        response = await self.admin("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    async def device(self, method: str, path: str, body: Any = None, token: str | None = None, **query: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.gateway_token}"}
        return await self.client.request(method, f"{device_api.PREFIX}/{path}", json=body, headers=headers, params=query)

    async def ingest(self, *items: Any, token: str | None = None, **more: Any) -> list[dict[str, str]]:
        response = await self.device("POST", "ingest", {"items": list(items), **more}, token)
        assert response.status_code == 200, response.text
        results: list[dict[str, str]] = response.json()["results"]
        assert len(results) == len(items)
        return results

    async def statuses(self, *items: Any, **more: Any) -> list[str]:
        return [result["status"] for result in await self.ingest(*items, **more)]

    async def boots(self, node: str = "n-1") -> list[dict[str, Any]]:
        boots: list[dict[str, Any]] = (await self.read(f"nodes/{node}/ledger"))["boots"]
        return boots

    async def add_gateway(self, gateway: str) -> str:
        """Its token."""
        added = (await self.admin("POST", "gateways", {"id": gateway, "site": "s-1"})).json()
        return str((await self.enrol(added["enrolment_code"])).json()["token"])

    async def enrol(self, code: str) -> httpx.Response:
        return await self.client.post(device_api.PREFIX + device_api.ENROL, json={keys.CODE: code})

    async def add_node(self, node: str, gateway: str = "g-1", **more: Any) -> httpx.Response:
        return await self.admin("POST", "nodes", {"id": node, "gateway": gateway, "site": "s-1", **more})


@asynccontextmanager
async def served(state: Path, db: str | None = None, **limits: Any) -> AsyncIterator[District]:
    """As it is found in its store."""
    time = SetClock()
    app = build_application(Configuration(state=state, db=db, **limits), time.clock())
    service: Service = app.state.service
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://fleet") as client:
        yield District(client, service, app.state.public, time)


class Kept(NamedTuple):
    """A district that was made once, by its own API: what its state folder holds, by name, and its tokens. To make it anew takes longer
    than most tests."""

    files: dict[str, bytes]
    admin_token: str
    gateway_token: str

    def put_into(self, state: Path) -> None:
        for name, content in self.files.items():
            (state / name).touch(mode=0o600)
            (state / name).write_bytes(content)


def keep_district(db: str | None) -> Kept:
    """Makes it in this database, or in a file that it keeps."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as beside_the_loop_of_a_test:
        tokens = beside_the_loop_of_a_test.submit(asyncio.run, _make_district(Path(folder), db)).result()
        return Kept({path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}, *tokens)


async def _make_district(state: Path, db: str | None) -> tuple[str, str]:
    state_folder.prepare(state)
    async with served(state, db) as district:
        district.admin_token = district.service.writer.submit(
            lambda connection: admin_tokens.create_admin_token(connection, Act("console", START_MS), "ada")
        ).result()
        await district.admin("POST", "sites", {"id": "s-1", "name": "Bridge", "latitude": 31.2, "longitude": 121.5})
        district.gateway_token = await district.add_gateway("g-1")
        await district.add_node("n-1")
        return district.admin_token, district.gateway_token


@functools.cache
def kept_in_a_file() -> Kept:
    return keep_district(None)


@asynccontextmanager
async def open_district(state: Path, **limits: Any) -> AsyncIterator[District]:
    """On a SQLite file."""
    async with open_kept(kept_in_a_file(), state, **limits) as district:
        yield district


@asynccontextmanager
async def open_kept(kept: Kept, state: Path, db: str | None = None, **limits: Any) -> AsyncIterator[District]:
    """db: a copy of the database that it was made in."""
    state.mkdir(mode=0o700, exist_ok=True)
    kept.put_into(state)
    async with served(state, db, **limits) as district:
        district.admin_token, district.gateway_token = kept.admin_token, kept.gateway_token
        yield district


def envelope(seq: int, kind: str, body: dict[str, Any], *, node: str = "n-1", boot: str = BOOT, **time: Any) -> dict[str, Any]:
    """time: how, start_ms, error_ms. Without them the node knew its time well: uptime 0 was START_MS."""
    dating = {"how": "node", "start_ms": START_MS + body["s"], "error_ms": 20, **time}
    whole = {"q": seq, **body}
    return {"node": node, "boot": boot, "seq": seq, "kind": kind, "arrived_ms": START_MS + body["s"] + 40, "time": dating, "body": whole}


def hello(seq: int = 0, **more: Any) -> dict[str, Any]:
    body = {"s": 100, "hw": "esp32", "fw": "0.1.0", "mp": "1.25", "c": 0, "rc": "power_on", "sn": [[0, "pms5003", ""]]}
    body.update({key: more.pop(key) for key in ("s", "c", "rc") if key in more})
    return envelope(seq, "hello", body, **more)


def report(seq: int, channels: list[list[int]] | None = None, **more: Any) -> dict[str, Any]:
    """A period of 10 s that began at uptime seq * 10 s, with PM2.5 of 12.34 by default."""
    body = {"s": seq * 10_000, "d": 10_000, "c": 0, "ch": [[0, PM2_5, 0, 10, 1234, 1200, 1300]] if channels is None else channels}
    body.update({key: more.pop(key) for key in ("s", "d", "c") if key in more})
    return envelope(seq, "report", body, **more)


def event(seq: int, kind: str, particulars: dict[str, Any], **more: Any) -> dict[str, Any]:
    return envelope(seq, "event", {"s": seq * 10_000, "k": kind, "a": particulars}, **more)


def applied(seq: int, version: int, faults: list[str] | None = None, **more: Any) -> dict[str, Any]:
    body = {"s": seq * 10_000, "c": version, "ok": not faults, "f": faults or []}
    return envelope(seq, "applied", body, **more)


def in_ms(answer: Any) -> Any:
    """Without the texts of its moments."""
    if isinstance(answer, list):
        return [in_ms(one) for one in answer]
    if isinstance(answer, dict):
        return {key: in_ms(one) for key, one in answer.items() if f"{key}_ms" not in answer}
    return answer


def raw(document: Any) -> bytes:
    return json.dumps(document).encode()
