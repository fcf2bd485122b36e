"""How many channel values a second one worker commits through the device API, against raw SQLite inserts of the same rows.

Both sides in one run, on one disk, with the same durability and the same transactions: 100 reports of 6 channels each.
`python -m fleet.tests.ingest_rate [seconds]` prints one line of JSON.
"""

import asyncio
import json
import sqlite3
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import aiohttp

from fleet import state_folder
from fleet.changes import Act
from fleet.dialect import for_writing
from fleet.registry import NewNode, Site, add_gateway, add_node, add_site
from fleet.signing import load_signing_key
from fleet.state_folder import DATABASE_FILE
from fleet.store import open_store, sqlite_url
from fleet.tests.district import START_MS, report
from fleet.tests.live import LiveFleet
from fleet.tokens import enrol

REPORTS = 100
CHANNELS = 6
NODES = 20
CONNECTIONS = 4


def measure(seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="airgrid-rate-") as name:
        state = Path(name) / "state"
        token = _set_up(state)
        bodies = [_body(number) for number in range(int(seconds * 400))]
        fleet = LiveFleet(state)
        fleet.start()
        try:
            rate = asyncio.run(_deliver(fleet.url, token, bodies, seconds))
        finally:
            fleet.kill()
        reference = _raw(state / DATABASE_FILE, seconds)
    return {
        "name": "fleet.ingest_rate",
        "value": round(rate),
        "unit": "values/s",
        "reference": round(reference),
        "ratio": round(rate / reference, 3),
    }


def _set_up(state: Path) -> str:
    state_folder.prepare(state)
    engine, act = open_store(sqlite_url(state / DATABASE_FILE)), Act("console", START_MS)
    with for_writing(engine).begin() as connection:
        add_site(connection, act, Site("s-1", "Bridge", 0, 0))
        code = add_gateway(connection, act, load_signing_key(state), "g-1", "s-1", START_MS + 1000)
        for number in range(NODES):
            add_node(connection, act, load_signing_key(state), NewNode(f"n-{number}", "g-1", "s-1", None, None))
        token = enrol(connection, START_MS, code).token
    engine.dispose()
    return token


def _body(number: int) -> bytes:
    # Every batch holds the next few reports of each node, as a gateway's would.
    each = REPORTS // NODES
    items = [_report(f"n-{node}", number * each + step) for node in range(NODES) for step in range(each)]
    return json.dumps({"items": items}, separators=(",", ":")).encode()


def _report(node: str, seq: int) -> dict[str, Any]:
    channels = [[0, quantity, 0, 10, 1200 + seq % 100, 1100, 1400] for quantity in (2, 4, 6, 8, 40, 41)]
    return report(seq, channels, node=node)


async def _deliver(url: str, token: str, bodies: list[bytes], seconds: float) -> float:
    waiting = iter(bodies)
    done = 0
    start = perf_counter()

    async def gateway(session: aiohttp.ClientSession) -> None:
        nonlocal done
        for body in waiting:
            if perf_counter() - start > seconds:
                return
            async with session.post(f"{url}/device/v1/ingest", data=body) as response:
                results = (await response.json())["results"]
                assert all(result["status"] == "accepted" for result in results)
            done += 1

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        await asyncio.gather(*(gateway(session) for _ in range(CONNECTIONS)))
    return done * REPORTS * CHANNELS / (perf_counter() - start)


def _raw(database: Path, seconds: float) -> float:
    """The rows that the service wrote, written again by executemany into empty tables of the same shape."""
    source = sqlite3.connect(database)
    items = source.execute("SELECT * FROM item ORDER BY received_ms, boot_id, seq").fetchall()
    values = source.execute("SELECT value.* FROM value JOIN item USING (boot_id, seq) ORDER BY received_ms, boot_id, seq").fetchall()
    tables = [row[0] for row in source.execute("SELECT sql FROM sqlite_master WHERE name IN ('item', 'value')")]
    source.close()
    target = sqlite3.connect(database.with_name("raw.sqlite"), isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", *tables):
        target.execute(statement)
    into_item = f"INSERT INTO item VALUES ({','.join('?' * len(items[0]))})"
    into_value = f"INSERT INTO value VALUES ({','.join('?' * len(values[0]))})"
    start, written = perf_counter(), 0
    for at in range(0, len(items), REPORTS):
        target.execute("BEGIN IMMEDIATE")
        target.executemany(into_item, items[at : at + REPORTS])
        batch = values[at * CHANNELS : (at + REPORTS) * CHANNELS]
        target.executemany(into_value, batch)
        target.execute("COMMIT")
        written += len(batch)
        if perf_counter() - start > seconds:
            break
    return written / (perf_counter() - start)


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]) if len(sys.argv) > 1 else 5)))  # noqa: T201
