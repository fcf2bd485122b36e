"""The gateway's token renewed against the real fleet process."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import aiohttp
import pytest

from gateway import identity_file
from gateway.backoff import Backoff
from gateway.configuration import FleetSection
from gateway.counters import Counters
from gateway.error_log import ErrorLog
from gateway.identity import read_answer
from gateway.time import clock
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_api import FleetApi
from gateway.uplink.fleet_link import FleetLink
from gateway.uplink.retry_gate import RetryGate
from gateway.uplink.token_rotation import TokenRotation
from hil_tests.fleet_service import FleetService
from hil_tests.sensors.clock import BenchClock

pytestmark = pytest.mark.hil


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[FleetService]:
    service = FleetService(tmp_path / "fleet", BenchClock())
    service.prepare()
    service.start()
    yield service
    service.program.stop()


async def test_a_rotation_against_the_real_fleet_ends(tmp_path: Path, fleet: FleetService) -> None:
    fleet.api.post("sites", {"id": "s-1", "name": "Bridge", "latitude": 31.2, "longitude": 121.5})
    code = fleet.api.post("gateways", {"id": "g-1", "site": "s-1"})["enrolment_code"]
    random, counters = Random(1), Counters()
    gate = RetryGate(Backoff(0.01, 0.01, 60, random), 0.1, random)
    errors = ErrorLog(10, counters, clock.utc_ms)
    async with aiohttp.ClientSession() as session:
        api = FleetApi(session, fleet.url, "", 20, FleetLink(fleet.url, gate, 1))
        identity = read_answer(await api.enrol(code))
        api.use(identity.token)
        rotation = TokenRotation(
            api, tmp_path, identity, FleetSection(url=fleet.url), SiteTime(10, trusts_system=True), random, counters, errors
        )
        for _ in range(3):
            await rotation.look()
        renewed = identity_file.load(tmp_path)
        assert (renewed.former_token, counters["token.renewed"], counters["token.failures"]) == ("", 1, 0)
        assert renewed.token_ms > 0
        assert renewed.token != identity.token
        assert await api.desired(0, 0) is not None, "the new token is valid"
