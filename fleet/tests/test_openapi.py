"""What OpenAPI describes is what the service does: schemathesis asks, within bounds, in this process."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from fleet.people.rights import ADMINISTRATOR, ROLES, Role
from fleet.tests.district import District, open_district, report
from fleet.tests.two_areas import token_of

schemathesis.serializer.alias("application/zip", "application/octet-stream")
schemathesis.serializer.alias("image/png", "application/octet-stream")

pytestmark = pytest.mark.filterwarnings("ignore")


class _Running:
    """A district kept alive in a loop of its own, for callers that are not asynchronous."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._ready, self._done = threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._live(),))
        self.district: District
        self.tokens: dict[Role, str] = {}
        self.app: Any

    def __enter__(self) -> "_Running":
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(30)

    async def _live(self) -> None:
        async with open_district(self._state, longest_wait_s=0, failures_per_minute=100_000) as self.district:
            await self.district.ingest(report(1), report(2))
            area = {"id": "1", "level": "district", "name_zh": "区", "name_en": "Part 1"}
            assert (await self.district.admin("POST", "areas", area)).status_code == 201
            self.tokens = {role: await token_of(self.district, role, "1") for role in ROLES}
            self.app = self.district.client._transport.app  # type: ignore[attr-defined]
            self._ready.set()
            await self._done.wait()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Running]:
    state = tmp_path_factory.mktemp("openapi") / "state"
    with _Running(state) as alive:
        yield alive


@pytest.fixture(scope="module")
def api(running: _Running) -> Any:
    async def without_lifespan(scope: Any, receive: Any, send: Any) -> None:
        # Started already, once, in the loop of `running`; schemathesis would start it for every call.
        if scope["type"] != "lifespan":
            await running.app(scope, receive, send)
            return
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    return schemathesis.openapi.from_asgi("/openapi.json", without_lifespan)


OPERATIONS = [
    ("delete", "/api/v1/gateways/{gateway}/token"),
    ("delete", "/api/v1/tokens/{token}"),
    ("get", "/api/v1/me"),
    ("get", "/api/v1/tokens"),
    ("post", "/api/v1/tokens"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/api/v1/alarms"),
    ("get", "/api/v1/alarms/{alarm}"),
    ("get", "/api/v1/areas"),
    ("get", "/api/v1/areas.geojson"),
    ("get", "/api/v1/areas-at"),
    ("get", "/api/v1/areas/{area}"),
    ("get", "/api/v1/district.zip"),
    ("get", "/api/v1/background"),
    ("get", "/api/v1/changes"),
    ("get", "/api/v1/completeness"),
    ("get", "/api/v1/events"),
    ("get", "/api/v1/export.csv"),
    ("get", "/api/v1/export.ndjson"),
    ("get", "/api/v1/gateways"),
    ("get", "/api/v1/gateways/{gateway}"),
    ("get", "/api/v1/gateways/{gateway}/configuration"),
    ("get", "/api/v1/gateways/{gateway}/configuration/{section}/history"),
    ("get", "/api/v1/gateways/{gateway}/configuration/{section}/history/{version}"),
    ("get", "/api/v1/jobs"),
    ("get", "/api/v1/jobs/{job}"),
    ("get", "/api/v1/latest"),
    ("get", "/api/v1/logs"),
    ("get", "/api/v1/metrics"),
    ("get", "/api/v1/nodes"),
    ("get", "/api/v1/nodes/{node}"),
    ("get", "/api/v1/nodes/{node}/deployments"),
    ("get", "/api/v1/nodes/{node}/items"),
    ("get", "/api/v1/nodes/{node}/ledger"),
    ("get", "/api/v1/nodes/{node}/series"),
    ("get", "/api/v1/nodes/{node}/settings"),
    ("get", "/api/v1/nodes/{node}/settings/history"),
    ("get", "/api/v1/nodes/{node}/settings/history/{version}"),
    ("get", "/api/v1/schemas/node-settings"),
    ("get", "/api/v1/sites"),
    ("get", "/api/v1/sites/{site}"),
    ("get", "/api/v1/sites/{site}/explain"),
    ("get", "/api/v1/sites/{site}/series"),
    ("get", "/api/v1/sensors"),
    ("get", "/api/v1/sensors/{sensor}"),
    ("get", "/api/v1/sensors/{sensor}/stays"),
    ("get", "/api/v1/sensor-swaps"),
    ("get", "/api/v1/nodes/{node}/slots/{slot}/sensors"),
    ("get", "/api/v1/sites/{site}/sensors"),
    ("patch", "/api/v1/sensors/{sensor}"),
    ("post", "/api/v1/sensors"),
    ("post", "/api/v1/sensors/{sensor}/retirement"),
    ("put", "/api/v1/nodes/{node}/slots/{slot}/sensor"),
    ("delete", "/api/v1/photos/{photo}"),
    ("get", "/api/v1/photos/{photo}"),
    ("get", "/api/v1/sites/{site}/photos"),
    ("get", "/api/v1/sites/{site}/track"),
    ("post", "/api/v1/photos"),
    ("get", "/device/v1/artifacts/{sha256}"),
    ("get", "/device/v1/desired"),
    ("patch", "/api/v1/areas/{area}"),
    ("patch", "/api/v1/gateways/{gateway}"),
    ("patch", "/api/v1/gateways/{gateway}/configuration"),
    ("patch", "/api/v1/nodes/{node}"),
    ("patch", "/api/v1/nodes/{node}/settings"),
    ("patch", "/api/v1/sites/{site}"),
    ("post", "/api/v1/alarms/{alarm}/acknowledgement"),
    ("post", "/api/v1/alarms/{alarm}/assignment"),
    ("post", "/api/v1/alarms/{alarm}/comments"),
    ("post", "/api/v1/alarms/{alarm}/reopening"),
    ("post", "/api/v1/alarms/{alarm}/resolution"),
    ("post", "/api/v1/areas"),
    ("post", "/api/v1/areas/{area}/retirement"),
    ("post", "/api/v1/artifacts"),
    ("post", "/api/v1/changes/verification"),
    ("post", "/api/v1/district.zip"),
    ("post", "/api/v1/gateways"),
    ("post", "/api/v1/gateways/{gateway}/enrolment"),
    ("post", "/api/v1/nodes"),
    ("post", "/api/v1/sites"),
    ("post", "/api/v1/gateways/{gateway}/configuration/{section}/undo"),
    ("post", "/api/v1/gateways/{gateway}/retirement"),
    ("post", "/api/v1/jobs/{job}/cancellation"),
    ("post", "/api/v1/nodes/{node}/hardware"),
    ("post", "/api/v1/nodes/{node}/retirement"),
    ("post", "/api/v1/nodes/{node}/settings/undo"),
    ("post", "/api/v1/sites/{site}/retirement"),
    ("post", "/device/v1/enrol"),
    ("post", "/device/v1/ingest"),
    ("post", "/device/v1/logs"),
    ("post", "/device/v1/reported"),
    ("post", "/device/v1/token"),
    ("put", "/api/v1/gateways/{gateway}/configuration"),
    ("put", "/api/v1/nodes/{node}/settings"),
]


def test_every_operation_is_asked(api: Any) -> None:
    known = [(operation.ok().method, operation.ok().path) for operation in api.get_all_operations()]
    assert sorted(known) == sorted(OPERATIONS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[" ".join(operation) for operation in OPERATIONS])
def test_openapi_is_true(api: Any, running: _Running, method: str, path: str, mode: GenerationMode) -> None:
    # An area has its place in the grid, and a file its form; a series may have too many steps for its range, a correction may name nothing,
    # a moment is a text that no schema describes, and what is confirmed may not be what happens. The device API
    # ignores names of a query that it does not know.
    unsaid = (
        "/series",
        "/alarms",
        "/events",
        "/changes",
        "/completeness",
        "/explain",
        "/export.csv",
        "/export.ndjson",
        "/history",
        "/settings",
        "/configuration",
        "/undo",
        "/reported",
        "/areas",
        "/sites",
        "/tokens",
        "/sensor",
        "/sensors",
        "/photos",
        "/track",
        ".zip",
    )
    excluded = [positive_data_acceptance] if path.endswith(unsaid) or method == "patch" else []
    excluded += [negative_data_rejection] if path.startswith("/device") and method == "get" else []
    token = running.district.gateway_token if path.startswith("/device") else running.district.admin_token
    if not ask_as(token, api[path][method].as_strategy(generation_mode=mode), 8, excluded):
        pytest.skip("nothing to be wrong in")


@pytest.mark.parametrize("role", [role for role in ROLES if role != ADMINISTRATOR])
def test_openapi_is_true_for_each_role(api: Any, running: _Running, role: Role) -> None:
    """In an area; what may be done there and what not is in test_rights_matrix.py."""
    for method, path in OPERATIONS:
        if path.startswith("/api/"):
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                strategy = api[path][method].as_strategy(generation_mode=mode)
                ask_as(running.tokens[role], strategy, 2, [positive_data_acceptance, negative_data_rejection])


def ask_as(token: str, strategy: Any, examples: int, excluded: list[Any]) -> bool:
    """Whether there was anything to ask."""

    @settings(max_examples=examples, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def ask(case: Any) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        answer = case.call(headers=headers)
        # A value that is an empty list, or nothing, is not sent at all: then nothing was wrong with what was.
        sent = parse_qs(urlsplit(answer.request.url).query, keep_blank_values=True)
        assume((case.query or {}).keys() <= sent.keys())
        case.validate_response(answer, excluded_checks=excluded, headers=headers, transport_kwargs={"headers": headers})

    try:
        ask()
    except Unsatisfiable:
        return False
    return True
