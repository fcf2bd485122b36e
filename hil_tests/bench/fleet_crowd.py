"""Figures of the fleet service under a crowd: 50 viewers of a district of 1,000 nodes while its gateways deliver. The real process.

Each viewer has an address of its own. In a third part each asks, beside what all ask, for what no other does: a search, the page of a
node, a span of its own, another language.
"""

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
from sqlalchemy import Connection

from contract.messages import REPORT
from contract.quantities import ID
from contract.site import device_api
from contract.site import device_api_keys as keys
from fleet.state_folder import DATABASE_FILE
from fleet.store.dialect import for_writing, new_engine
from fleet.store.engine import sqlite_url
from hil_tests.bench.figures import Measured, percentile
from hil_tests.fleet_service import FleetService
from hil_tests.load_node import CHANNELS, report
from hil_tests.sensors.clock import BenchClock

GATEWAYS = 40
NODES_OF_ONE = 25
PERIOD_MS = 10_000
HOUR_REPORTS = 360
WEEK_REPORTS = 168 * HOUR_REPORTS
VIEWERS = 50
QUANTITIES = ("pm2_5_atm", "pm10_atm", "tvoc", "temperature", "humidity")
MEASURED_S = 20.0
_BETWEEN_S = 2.0  # as the page's own script asks
_BOOT = "00000001beac4000"


class Crowd(NamedTuple):
    """In ms: of every delivery, and of every chart. cold_ms: the first chart of each quantity."""

    ingests_ms: list[float]
    charts_ms: list[float]


def figures() -> Iterator[Measured]:
    with tempfile.TemporaryDirectory() as folder:
        fleet = FleetService(Path(folder), BenchClock())
        fleet.prepare()
        fleet.start()
        try:
            yield from asyncio.run(measure(fleet, set_up(fleet)))
        finally:
            fleet.program.stop()


def node_name(gateway: int, node: int) -> str:
    return f"crowd-{gateway}-{node}"


def set_up(fleet: FleetService, gateways: int = GATEWAYS, nodes: int = NODES_OF_ONE) -> list[str]:
    """The tokens of the gateways, each at a site of its own with its nodes."""
    tokens = []
    with_codes = []
    for gateway in range(gateways):
        fleet.api.post("sites", {"id": f"site-{gateway}", "name": f"Site {gateway}", "latitude": 36.6, "longitude": 114.5})
        with_codes.append(fleet.api.post("gateways", {"id": f"gw-{gateway}", "site": f"site-{gateway}"})["enrolment_code"])
        for node in range(nodes):
            fleet.api.post("nodes", {"id": node_name(gateway, node), "gateway": f"gw-{gateway}", "site": f"site-{gateway}"})
    for code in with_codes:
        tokens.append(str(fleet.enrol(code)))
    return tokens


def start_of_record() -> int:
    """Of reports of an hour that ends now."""
    return int(time.time() * 1000) - HOUR_REPORTS * PERIOD_MS


async def measure(fleet: FleetService, tokens: list[str]) -> list[Measured]:
    started_ms = start_of_record()
    async with session_of(fleet, len(tokens)) as session:
        for gateway, token in enumerate(tokens):
            newest = [batch(node_name(gateway, node), [HOUR_REPORTS - 1], started_ms) for node in range(NODES_OF_ONE)]
            await deliver(session, token, [item for items in newest for item in items])
        await asyncio.to_thread(fill, fleet)
        seqs = itertools.count(HOUR_REPORTS)
        quiet = await crowd(session, tokens, seqs, started_ms)
        cold_ms = [await chart(session, quantity) for quantity in QUANTITIES]
        full = await crowd(session, tokens, seqs, started_ms, viewers_of=fleet.url)
        dear = await crowd(session, tokens, seqs, started_ms, viewers_of=fleet.url, is_dear=True)
    quiet_ms = percentile(quiet.ingests_ms, 0.99)
    return [
        Measured("fleet.chart_cold_ms", max(cold_ms)),
        Measured("fleet.chart_ms_p95", percentile(full.charts_ms, 0.95)),
        Measured("fleet.ingest_under_viewers_ratio", percentile(full.ingests_ms, 0.99), quiet_ms),
        Measured("fleet.ingest_under_searches_ratio", percentile(dear.ingests_ms, 0.99), quiet_ms),
    ]


def fill(fleet: FleetService) -> None:
    """Of every series the values of an hour before its newest one, and a week of the series that the chart of a span shows: as many rows as
    deliveries leave, in a fraction of their time."""
    engine = new_engine(sqlite_url(fleet.state / DATABASE_FILE))
    with for_writing(engine).begin() as connection:
        hour = fill_before(connection, range(1, HOUR_REPORTS), "")
        of_chart = (
            f"WHERE series_id IN (SELECT id FROM series WHERE site_id = 'site-0' AND quantity = {ID[QUANTITIES[0]]}) AND seq < 1000000"
        )
        week = fill_before(connection, range(HOUR_REPORTS, WEEK_REPORTS), of_chart)
    engine.dispose()
    assert hour == (HOUR_REPORTS - 1) * CHANNELS * GATEWAYS * NODES_OF_ONE
    assert week == (WEEK_REPORTS - HOUR_REPORTS) * NODES_OF_ONE


def fill_before(connection: Connection, periods: range, condition: str) -> int:
    """How many rows."""
    columns = "duration_ms, quality, n, mean, least, greatest, how, error_ms"
    statement = f"""
        WITH RECURSIVE k(i) AS (SELECT {periods.start} UNION ALL SELECT i + 1 FROM k WHERE i < {periods.stop - 1})
        INSERT INTO value (series_id, start_ms, boot_id, seq, {columns})
        SELECT series_id, start_ms - i * {PERIOD_MS}, boot_id, 1000000 + i, {columns} FROM value CROSS JOIN k {condition}"""
    connection.exec_driver_sql(statement)
    return int(connection.exec_driver_sql("SELECT changes()").scalar_one())


@asynccontextmanager
async def session_of(fleet: FleetService, connections: int) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(fleet.url, connector=aiohttp.TCPConnector(limit=connections)) as session:
        yield session


async def crowd(
    session: aiohttp.ClientSession, tokens: list[str], seqs: Iterator[int], started_ms: int, viewers_of: str = "", is_dear: bool = False
) -> Crowd:
    """viewers_of: the address that VIEWERS look at, "" for none. is_dear: each also asks what no other asks."""
    measured = Crowd([], [])
    until_s = time.monotonic() + MEASURED_S
    viewers = VIEWERS if viewers_of else 0
    deliveries = [gateway(session, token, number, seqs, started_ms, until_s, measured) for number, token in enumerate(tokens)]
    await asyncio.gather(*deliveries, *(viewer(viewers_of, number, until_s, measured, is_dear) for number in range(viewers)))
    return measured


async def gateway(
    session: aiohttp.ClientSession, token: str, number: int, seqs: Iterator[int], started_ms: int, until_s: float, measured: Crowd
) -> None:
    """Three reports a second."""
    await asyncio.sleep(number / GATEWAYS)
    while time.monotonic() < until_s:
        body = batch(node_name(number, next(seqs) % NODES_OF_ONE), [next(seqs) for _ in range(3)], started_ms)
        began_s = time.perf_counter()
        await deliver(session, token, body)
        measured.ingests_ms.append(1000 * (time.perf_counter() - began_s))
        await asyncio.sleep(1)


async def viewer(url: str, number: int, until_s: float, measured: Crowd, is_dear: bool) -> None:
    await asyncio.sleep(_BETWEEN_S * number / VIEWERS)
    async with viewing(url, number) as session:
        for round_ in itertools.count():
            if time.monotonic() >= until_s:
                return
            await get(session, "/live/overview")
            measured.charts_ms.append(await chart(session, QUANTITIES[number % len(QUANTITIES)]))
            if is_dear:
                await get(session, dear_question(number, round_))
            await asyncio.sleep(_BETWEEN_S)


@asynccontextmanager
async def viewing(url: str, number: int) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(local_addr=(f"127.0.2.{1 + number}", 0))
    async with aiohttp.ClientSession(url, connector=connector) as session:
        yield session


def dear_question(number: int, round_: int) -> str:
    """Another one in each round of each viewer."""
    node = node_name(number % GATEWAYS, round_ % NODES_OF_ONE)
    week_ms = 7 * 86_400_000
    to_ms = int(time.time() * 1000) - 997 * number - round_
    span = f"span=own&from_ms={to_ms - week_ms}&to_ms={to_ms}"
    return (
        f"/live/overview?q={node}&utm={round_}",
        f"/live/nodes/{node}",
        f"/?lang={('en', 'zh-CN')[round_ // 3 % 2]}&q=x{number}x{round_}",
        f"/live/chart.json?quantity={QUANTITIES[0]}&{span}",
        f"/live/gateways/gw-{(number + round_) % GATEWAYS}",
        f"/live/chart.json?quantity=pm2_5_atm&node={node}&{span}",
    )[(number + round_) % 6]


async def get(session: aiohttp.ClientSession, path: str) -> int:
    """The status, of those that a service may answer however many ask; a redirect is followed."""
    async with session.get(path) as answer:
        text = await answer.text()
        is_put_off = answer.status in (429, 503) and device_api.RETRY_AFTER_HEADER in answer.headers
        assert answer.status == 200 or is_put_off, (path, answer.status, text)
        return answer.status


async def chart(session: aiohttp.ClientSession, quantity: str) -> float:
    """The time it took, in ms."""
    began_s = time.perf_counter()
    async with session.get("/live/chart.json", params={"quantity": quantity}) as answer:
        assert answer.status == 200, await answer.text()
        assert (await answer.json())["lines"]
        return 1000 * (time.perf_counter() - began_s)


async def deliver(session: aiohttp.ClientSession, token: str, items: list[dict[str, Any]]) -> None:
    headers = {device_api.AUTHORIZATION_HEADER: device_api.TOKEN_SCHEME + token}
    async with session.post(device_api.PREFIX + device_api.INGEST, json={keys.ITEMS: items}, headers=headers) as answer:
        results = (await answer.json())[keys.RESULTS]
        assert [result[keys.STATUS] for result in results] == [device_api.ACCEPTED] * len(items), (answer.status, results[:1])


def batch(node: str, seqs: "range | list[int]", started_ms: int) -> list[dict[str, Any]]:
    items = []
    for seq in seqs:
        start_ms = started_ms + min(seq, HOUR_REPORTS + seq % 7) * PERIOD_MS
        items.append(
            {
                keys.NODE: node,
                keys.BOOT: _BOOT,
                keys.SEQ: seq,
                keys.KIND: REPORT,
                keys.ARRIVED_MS: start_ms + PERIOD_MS,
                keys.TIME: {keys.HOW: device_api.BY_NODE, keys.START_MS: start_ms, keys.ERROR_MS: 50},
                keys.BODY: report(seq, seq * PERIOD_MS, start_ms, PERIOD_MS),
            }
        )
    return items
