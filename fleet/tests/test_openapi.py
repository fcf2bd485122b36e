"""What OpenAPI says of the service is what the service does: schemathesis asks, within bounds, in this process."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from fleet.tests.district import District, open_district, report

pytestmark = pytest.mark.filterwarnings("ignore")


class _Running:
    """A district kept alive in a loop of its own, for callers that are not asynchronous."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._ready, self._done = threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._live(),))
        self.district: District
        self.app: Any

    def __enter__(self) -> "_Running":
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(30)

    async def _live(self) -> None:
        async with open_district(self._state, ingest_requests_per_s=10_000, failures_per_minute=100_000) as self.district:
            await self.district.ingest(report(1), report(2))
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
    return schemathesis.openapi.from_asgi("/openapi.json", running.app)


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
def test_openapi_is_true(case: Any, running: _Running) -> None:
    if case.path.startswith("/device/v1/desired"):
        case.query["wait"] = "0"  # nothing changes meanwhile: it would only wait
    token = running.district.gateway_token if case.path.startswith("/device") else running.district.admin_token
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"})
