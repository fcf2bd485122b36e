"""The fleet service under everything at once: viewers of a district of 1,000 nodes, thousands of silent connections, halves of requests,
uploads that break off, while its gateways deliver. The real process. No time decides: what is delivered must be answered and be there.
"""

import asyncio
import itertools
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from contract.site import device_api
from hil_tests.bench import fleet_crowd
from hil_tests.fleet_service import FleetService
from hil_tests.sensors.clock import BenchClock

pytestmark = pytest.mark.hil

IDLE = 2000
DELIVERIES = 10
VIEWS = 6
STRANGERS = 10
FLOOD = 40
CHANGES = 15
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


async def viewer(fleet: FleetService, number: int, statuses: list[int], dear: list[int]) -> None:
    """From an address of its own. dear: what was answered to questions that no other viewer asks."""
    async with fleet_crowd.viewing(fleet.url, number) as session:
        for round_ in range(VIEWS):
            for path in ("/live/overview", f"/live/chart.json?quantity={fleet_crowd.QUANTITIES[number % 5]}"):
                async with session.get(path) as answer:
                    await answer.read()
                    statuses.append(answer.status)
            dear.append(await fleet_crowd.get(session, fleet_crowd.dear_question(number, round_)))


async def stranger(fleet: FleetService, number: int, statuses: list[int]) -> None:
    """One address that asks as much as it can."""
    async with fleet_crowd.viewing(fleet.url, 100) as session:
        for round_ in range(FLOOD):
            statuses.append(await fleet_crowd.get(session, f"/live/overview?q=f{number}x{round_}"))


async def administrator(fleet: FleetService) -> list[int]:
    """What is answered to changes and to questions in the middle of it all."""
    statuses = []
    headers = {device_api.AUTHORIZATION_HEADER: device_api.TOKEN_SCHEME + fleet.api.token}
    async with aiohttp.ClientSession(fleet.url, headers=headers) as session:
        for number in range(CHANGES):
            node = {"id": f"new-{number}", "gateway": "gw-0", "site": "site-0"}
            async with session.post("/api/v1/nodes", json=node) as answer:
                statuses.append(answer.status)
            async with session.post(f"/api/v1/nodes/new-{number}/retirement", json={"reason": "test"}) as answer:
                statuses.append(answer.status)
            async with session.get("/api/v1/nodes", params={"limit": 10}) as answer:
                statuses.append(answer.status)
    return statuses


async def deliver(session: aiohttp.ClientSession, token: str, gateway: int, seqs: Iterator[int], started_ms: int) -> int:
    """Fails on anything but `accepted`."""
    delivered = 0
    for _ in range(DELIVERIES):
        numbers = [next(seqs) for _ in range(3)]
        await fleet_crowd.deliver(session, token, fleet_crowd.batch(fleet_crowd.node_name(gateway, 0), numbers, started_ms))
        delivered += len(numbers)
    return delivered


@dataclass(frozen=True)
class Outcome:
    """delivered: reports, by gateway. The rest are statuses of answers."""

    delivered: list[int]
    viewers: list[int]
    dear: list[int]
    flood: list[int]
    administrator: list[int]


async def siege(fleet: FleetService, tokens: list[str], started_ms: int) -> Outcome:
    shown: list[int] = []
    dear: list[int] = []
    flood: list[int] = []
    halves = b"POST /device/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n{"
    held = await idle(fleet, IDLE, b"")
    held += await idle(fleet, 200, b"GET / HT")
    held += await idle(fleet, 200, halves)
    for writer in held[-100:]:
        writer.transport.abort()  # in the middle of a body
    seqs = itertools.count(fleet_crowd.HOUR_REPORTS)
    async with fleet_crowd.session_of(fleet, 200) as session:
        deliveries = [deliver(session, token, number, seqs, started_ms) for number, token in enumerate(tokens)]
        viewers = [viewer(fleet, number, shown, dear) for number in range(fleet_crowd.VIEWERS)]
        strangers = [stranger(fleet, number, flood) for number in range(STRANGERS)]
        delivered, changed, _ = await asyncio.gather(
            asyncio.gather(*deliveries), administrator(fleet), asyncio.gather(*viewers, *strangers)
        )
    for writer in held:
        writer.close()
    return Outcome(delivered, shown, dear, flood, changed)


def test_gateways_deliver_whatever_strangers_and_viewers_do(fleet: FleetService, many_descriptors: None, tmp_path: Path) -> None:
    tokens = fleet_crowd.set_up(fleet)
    started_ms = fleet_crowd.start_of_record()
    asyncio.run(fill(fleet, tokens, started_ms))
    before_kib = resident_kib(fleet)
    outcome = asyncio.run(siege(fleet, tokens, started_ms))
    # One moment of the district and one hour of each quantity are everybody's. What only one asks for may have to wait: fleet_crowd.get.
    assert set(outcome.viewers) == {200} and len(outcome.viewers) == 2 * VIEWS * fleet_crowd.VIEWERS
    assert len(outcome.dear) == VIEWS * fleet_crowd.VIEWERS and len(outcome.flood) == FLOOD * STRANGERS
    assert outcome.administrator == [201, 200, 200] * CHANGES
    for gateway, count in enumerate(outcome.delivered):
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
