"""Stores of nodes away from the fleet: a report each period, what is left of it when the buffer is full, and whether the ledger adds up."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from contract import messages, quality
from gateway.items import Row
from gateway.store.site.dating import Limits
from gateway.store.space.thinning import DAY_MS
from gateway.store.store import Store, StoreOpener

BOOT = "0000000100000001"
START_MS = 1_800_000_000_000 // DAY_MS * DAY_MS
CHANNELS = ((1, 1234), (2, 2345), (3, 3456), (30, 120))


def reading(node: str, seq: int, period_ms: int = 10_000, late_ms: int = 40) -> Row:
    start_ms = START_MS + seq * period_ms
    rows = [[0, quantity, quality.OK, 10, value + seq % 100, value - 50, value + 200] for quantity, value in CHANNELS]
    fields = {"q": seq, "s": seq * period_ms, "d": period_ms, "c": 0, "ch": rows, "u": start_ms, "e": 20}
    body = messages.write(fields)
    return Row(node, BOOT, seq, "report", start_ms + period_ms + late_ms, seq * period_ms, period_ms, start_ms, 20, body)


def open_store(folder: Path, budget_bytes: int) -> Store:
    return StoreOpener(folder, Limits(1000, 100, DAY_MS), budget_bytes, "gw-east").open(START_MS).store


def summaries(store: Store) -> list[dict[str, Any]]:
    bodies = store.connection.execute("SELECT body FROM items WHERE lane = 2 AND id IN (SELECT id FROM unsent) ORDER BY id")
    return [json.loads(body)["a"] for (body,) in bodies]


def is_balanced(store: Store) -> bool:
    store.delivery.save_now()
    counters = defaultdict(int, store.health.counters())
    (waiting,) = store.connection.execute("SELECT count(*) FROM unsent").fetchone()
    gone = ("forwarded", "duplicate_at_fleet", "refused_by_fleet", "thinned", "dropped")
    return bool(counters["items.stored"] == waiting + sum(counters[f"items.{name}"] for name in gone))


def live(store: Store, nodes: int, hours: int, start: int = 0) -> None:
    """Every ten minutes a commit of what came in them."""
    for first in range(start * 360, (start + hours) * 360, 60):
        rows = [reading(f"n-{node}", seq) for seq in range(first, first + 60) for node in range(nodes)]
        store.eviction.make_room(rows[-1].arrived_ms)
        store.buffer.commit(rows, [], rows[-1].arrived_ms)


def raw(store: Store) -> int:
    """How many reports are there as they came."""
    number: int = store.connection.execute("SELECT count(*) FROM items WHERE kind = 'report'").fetchone()[0]
    return number
