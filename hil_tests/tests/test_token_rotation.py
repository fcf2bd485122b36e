"""The gateway's token renewed against the real fleet process."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import aiohttp
import pytest

from gateway import identity_file
from gateway.backoff import Backoff
from gateway.configuration import FleetSection
from gateway.identity import read_answer
from gateway.identity_file import IdentityFile
from gateway.tests.parts import CLOCK, make_site, make_telemetry
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
    random, telemetry, site = Random(1), make_telemetry(), make_site(10)
    gate = RetryGate(Backoff(0.01, 0.01, 60, random), 0.1, random)
    async with aiohttp.ClientSession() as session:
        api = FleetApi(session, fleet.url, "", 20, FleetLink(fleet.url, gate, 1, CLOCK), site)
        identity = read_answer(await api.enrol(code))
        api.use(identity.token)
        file = IdentityFile(tmp_path, identity)
        rotation = TokenRotation(api, file, FleetSection(url=fleet.url), site, random, telemetry)
        for _ in range(3):
            await rotation.look()
        renewed = identity_file.load(tmp_path)
        counters = telemetry.counters
        assert (renewed.former_token, counters["token.renewed"], counters["token.failures"]) == ("", 1, 0)
        assert renewed.token_ms > 0
        assert renewed.token != identity.token
        assert await api.desired(0, 0) is not None, "the new token is valid"
