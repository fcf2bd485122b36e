"""Figures of the fleet service: the real process with one worker, spoken to as a gateway does."""

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

from contract.messages import REPORT
from contract.site import device_api
from contract.site import device_api_keys as keys
from hil_tests.bench.figures import Measured
from hil_tests.bench.raw_sqlite import rows_per_s
from hil_tests.district import District
from hil_tests.load_node import report
from hil_tests.plan import EAST_GATE, only_services

SITE = EAST_GATE.id
NODES = 8
REPORTS_A_BATCH = 500
BATCHES = 120
CONNECTIONS = 4
FIRST_MS = 1_700_000_000_000
CHANNELS = len(report(0, 0)["ch"])

_CREATE = """CREATE TABLE value (series INTEGER, start_ms INTEGER, boot INTEGER, seq INTEGER, duration_ms INTEGER, quality INTEGER,
    n INTEGER, mean INTEGER, least INTEGER, greatest INTEGER, error_ms INTEGER, how INTEGER,
    PRIMARY KEY (series, start_ms, boot, seq)) WITHOUT ROWID"""
_INSERT = "INSERT INTO value VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def figures() -> Iterator[Measured]:
    with tempfile.TemporaryDirectory() as folder, District(only_services(), Path(folder)) as district:
        district.start_services()
        for node in range(NODES):
            district.fleet.api.post("nodes", {"id": f"load-{node}", "gateway": f"gw-{SITE}", "site": SITE})
        token = json.loads((district.gateways[SITE].state / "identity.json").read_text())[keys.TOKEN]
        district.gateways[SITE].stop()
        rate = asyncio.run(ingest(district.fleet.url, token))
    yield Measured("fleet.ingest_rate", rate, raw_rate())


def batch(number: int) -> bytes:
    """Reports of one node, as one of its gateway's batches."""
    node = number % NODES
    first = number // NODES * REPORTS_A_BATCH
    items: list[dict[str, Any]] = []
    for seq in range(first, first + REPORTS_A_BATCH):
        start_ms = FIRST_MS + seq * 1000
        items.append(
            {
                keys.NODE: f"load-{node}",
                keys.BOOT: "00000001beac4000",
                keys.SEQ: seq,
                keys.KIND: REPORT,
                keys.ARRIVED_MS: start_ms + 1000,
                keys.TIME: {keys.HOW: device_api.BY_NODE, keys.START_MS: start_ms, keys.ERROR_MS: 50},
                keys.BODY: report(seq, seq * 1000, start_ms),
            }
        )
    return json.dumps({keys.ITEMS: items, keys.ANCHORS: []}, separators=(",", ":")).encode()


async def ingest(url: str, token: str) -> float:
    """Channel values a second, answered as accepted."""
    waiting = [batch(number) for number in range(BATCHES)]
    waiting.reverse()
    async with aiohttp.ClientSession(
        headers={device_api.AUTHORIZATION_HEADER: device_api.TOKEN_SCHEME + token, "Content-Type": "application/json"}
    ) as session:

        async def post_all() -> None:
            while waiting:
                async with session.post(url + device_api.PREFIX + device_api.INGEST, data=waiting.pop()) as answer:
                    results = (await answer.json())[keys.RESULTS]
                    assert [result[keys.STATUS] for result in results] == [device_api.ACCEPTED] * REPORTS_A_BATCH, answer.status

        started = time.perf_counter()
        await asyncio.gather(*(post_all() for _ in range(CONNECTIONS)))
        return BATCHES * REPORTS_A_BATCH * CHANNELS / (time.perf_counter() - started)


def raw_rate() -> float:
    """The same values, a batch a transaction."""
    batches = []
    for number in range(BATCHES):
        node, first = number % NODES, number // NODES * REPORTS_A_BATCH
        rows = [
            (node * CHANNELS + channel, FIRST_MS + seq * 1000, node, seq, 1000, 0, 1, seq, seq, seq, 50, 0)
            for seq in range(first, first + REPORTS_A_BATCH)
            for channel in range(CHANNELS)
        ]
        batches.append(rows)
    return rows_per_s(_CREATE, _INSERT, batches)
