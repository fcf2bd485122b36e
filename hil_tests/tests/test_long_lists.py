"""Who reads a list of the fleet's admin API reads it to its end: lists longer than a page, of a real service."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hil_tests.fleet_service import FleetService
from hil_tests.sensors.clock import BenchClock
from technician.fleet_client import FleetClient

pytestmark = pytest.mark.hil

# One more than the longest page, and one more than a page has that was asked for without a limit.
SITES, NODES = 1001, 101


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetService]:
    service = FleetService(tmp_path_factory.mktemp("fleet"), BenchClock(1.0))
    service.prepare()
    service.start()
    sites = [{"id": f"s-{number:04}", "name": "Gate", "latitude": 30.6, "longitude": 104.1} for number in range(SITES)]
    nodes = [{"id": f"n-{number:04}", "gateway": "g-1", "site": "s-0000"} for number in range(NODES)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda site: service.api.post("sites", site), sites))
        service.api.post("gateways", {"id": "g-1", "site": "s-0000"})
        list(pool.map(lambda node: service.api.post("nodes", node), nodes))
    yield service
    service.program.stop()


def test_the_technician_chooses_among_all_sites(fleet: FleetService) -> None:
    client = FleetClient(fleet.url, fleet.api.token)
    assert client.sites() == [f"s-{number:04}" for number in range(SITES)]


def test_the_bench_and_the_demo_read_all_nodes(fleet: FleetService) -> None:
    assert [one["node"] for one in fleet.api.every("latest")] == [f"n-{number:04}" for number in range(NODES)]
