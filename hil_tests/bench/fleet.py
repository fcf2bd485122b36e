"""Figures of the fleet service: the real process with one worker, spoken to as a gateway does."""

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

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
        token = json.loads((district.gateways[SITE].state / "identity.json").read_text())["token"]
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
                "node": f"load-{node}",
                "boot": "00000001beac4000",
                "seq": seq,
                "kind": "report",
                "arrived_ms": start_ms + 1000,
                "time": {"how": "node", "start_ms": start_ms, "error_ms": 50},
                "body": report(seq, seq * 1000, start_ms),
            }
        )
    return json.dumps({"items": items, "anchors": []}, separators=(",", ":")).encode()


async def ingest(url: str, token: str) -> float:
    """Channel values a second, answered as accepted."""
    waiting = [batch(number) for number in range(BATCHES)]
    waiting.reverse()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"}) as session:

        async def post_all() -> None:
            while waiting:
                async with session.post(f"{url}/device/v1/ingest", data=waiting.pop()) as answer:
                    results = (await answer.json())["results"]
                    assert [result["status"] for result in results] == ["accepted"] * REPORTS_A_BATCH, answer.status

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
