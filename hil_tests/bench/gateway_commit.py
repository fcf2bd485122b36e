"""The figure of the gateway's buffer alone: what a group commit costs beside plain SQLite with the same durability."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import TypeVar

from contract import messages
from gateway.items import Row
from gateway.store.site.dating import Limits
from gateway.store.store import StoreOpener
from hil_tests.bench.figures import Measured
from hil_tests.bench.raw_sqlite import rows_per_s
from hil_tests.load_node import report

ROWS = 60_000
BATCH = 100
RUNS = 5
BOOT = "00000001beac4000"
_NOW_MS = 1_700_000_000_000
_BUDGET_BYTES = 1 << 30
T = TypeVar("T")

# Node, boot and sequence number as one integer, which is the row id: nothing cheaper knows a duplicate.
_CREATE = "CREATE TABLE report (key INTEGER PRIMARY KEY, kind INTEGER, arrived INTEGER, body BLOB)"
_INSERT = "INSERT INTO report VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_NODE_AND_BOOT = 1 << 40


def figures() -> Iterator[Measured]:
    bodies = [messages.write(report(seq, seq * 10)) for seq in range(ROWS)]
    raw, own = [], []
    for _ in range(RUNS):
        raw.append(raw_rate(bodies))
        own.append(buffer_rate(bodies))
    yield Measured("gateway.commit_rate", median(own), median(raw))


def raw_rate(bodies: list[bytes]) -> float:
    rows: list[Sequence[object]] = [(_NODE_AND_BOOT + seq, 1, _NOW_MS + seq, body) for seq, body in enumerate(bodies)]
    return rows_per_s(_CREATE, _INSERT, _batches(rows))


def buffer_rate(bodies: list[bytes]) -> float:
    rows = [Row("load", BOOT, q, messages.REPORT, _NOW_MS + q, 10 * q, 1000, None, None, body) for q, body in enumerate(bodies)]
    with tempfile.TemporaryDirectory() as folder:
        store = StoreOpener(Path(folder), Limits(1000, 100, 86_400_000), _BUDGET_BYTES, "gw-bench").open(_NOW_MS).store
        started = time.perf_counter()
        for batch in _batches(rows):
            store.buffer.commit(batch, [], _NOW_MS)
        elapsed = time.perf_counter() - started
        store.close()
    return len(rows) / elapsed


def _batches(rows: list[T]) -> list[list[T]]:
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
