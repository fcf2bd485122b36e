"""The fleet service under everything at once: viewers of a district of 1,000 nodes, thousands of silent connections, halves of requests,
uploads that break off, while its gateways deliver. The real process. No time decides: what is delivered must be answered and be there.
"""

import asyncio
import itertools
import resource
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from hil_tests.bench import fleet_crowd
from hil_tests.fleet_service import FleetService
from hil_tests.sensors.clock import BenchClock

pytestmark = pytest.mark.hil

IDLE = 2000
DELIVERIES = 10
VIEWS = 6
REPORTS_BEFORE = 6
MOST_LOG_BYTES = 300_000  # of what may be written at once; a megabyte an hour is the limit beyond
MOST_GROWTH_KIB = 200_000


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[FleetService]:
    service = FleetService(tmp_path / "fleet", BenchClock())
    service.prepare()
    service.start()
    yield service
    service.program.stop()


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """This process holds the other ends."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < 3 * IDLE:
        pytest.skip(f"only {before[1]} descriptors here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1] if before[1] < 65_536 else 65_536, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def idle(fleet: FleetService, count: int, says: bytes) -> list[asyncio.StreamWriter]:
    writers = []
    for number in range(count):
        # From many addresses: of one, no more than the limit would stand.
        _, writer = await asyncio.open_connection("127.0.0.1", fleet.port, local_addr=(f"127.0.1.{1 + number // 250}", 0))
        writer.write(says)
        writers.append(writer)
    return writers


async def viewer(session: aiohttp.ClientSession, number: int, statuses: list[int]) -> None:
    for _ in range(VIEWS):
        for path in ("/live/overview", f"/live/chart.json?quantity={fleet_crowd.QUANTITIES[number % 5]}"):
            async with session.get(path) as answer:
                await answer.read()
                statuses.append(answer.status)
        await asyncio.sleep(0)


async def deliver(session: aiohttp.ClientSession, token: str, gateway: int, seqs: Iterator[int], started_ms: int) -> int:
    """Fails on anything but `accepted`."""
    delivered = 0
    for _ in range(DELIVERIES):
        numbers = [next(seqs) for _ in range(3)]
        await fleet_crowd.deliver(session, token, fleet_crowd.batch(fleet_crowd.node_name(gateway, 0), numbers, started_ms))
        delivered += len(numbers)
    return delivered


async def siege(fleet: FleetService, tokens: list[str], started_ms: int) -> tuple[list[int], list[int]]:
    statuses: list[int] = []
    halves = b"POST /device/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n{"
    held = await idle(fleet, IDLE, b"")
    held += await idle(fleet, 200, b"GET / HT")
    held += await idle(fleet, 200, halves)
    for writer in held[-100:]:
        writer.transport.abort()  # in the middle of a body
    seqs = itertools.count(fleet_crowd.HOUR_REPORTS)
    async with fleet_crowd.session_of(fleet, 200) as session:
        deliveries = [deliver(session, token, number, seqs, started_ms) for number, token in enumerate(tokens)]
        viewers = [viewer(session, number, statuses) for number in range(fleet_crowd.VIEWERS)]
        delivered, _ = await asyncio.gather(asyncio.gather(*deliveries), asyncio.gather(*viewers))
    for writer in held:
        writer.close()
    return delivered, statuses


def test_gateways_deliver_whatever_strangers_and_viewers_do(fleet: FleetService, many_descriptors: None, tmp_path: Path) -> None:
    tokens = fleet_crowd.set_up(fleet)
    started_ms = fleet_crowd.start_of_record()
    asyncio.run(fill(fleet, tokens, started_ms))
    before_kib = resident_kib(fleet)
    delivered, statuses = asyncio.run(siege(fleet, tokens, started_ms))
    assert set(statuses) == {200} and len(statuses) == 2 * VIEWS * fleet_crowd.VIEWERS
    for gateway, count in enumerate(delivered):
        (boot,) = fleet.api.get(f"nodes/{fleet_crowd.node_name(gateway, 0)}/ledger")["boots"]
        assert (boot["received"], boot["duplicates"], boot["refused"]) == (count + REPORTS_BEFORE, 0, 0)
    log = (tmp_path / "fleet" / "fleet.log").read_text()
    assert "Traceback" not in log and len(log) < MOST_LOG_BYTES
    assert resident_kib(fleet) - before_kib < MOST_GROWTH_KIB


async def fill(fleet: FleetService, tokens: list[str], started_ms: int) -> None:
    last = range(fleet_crowd.HOUR_REPORTS - REPORTS_BEFORE, fleet_crowd.HOUR_REPORTS)
    async with fleet_crowd.session_of(fleet, 4) as session:
        for gateway, token in enumerate(tokens):
            items = [
                item
                for node in range(fleet_crowd.NODES_OF_ONE)
                for item in fleet_crowd.batch(fleet_crowd.node_name(gateway, node), last, started_ms)
            ]
            await fleet_crowd.deliver(session, token, items)


def resident_kib(fleet: FleetService) -> int:
    status = Path(f"/proc/{fleet.program.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])
