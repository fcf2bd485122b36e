"""What `status` shows after the process is gone: counters, last errors, snapshots. Saved together, as often as health.py decides."""

import json
import sqlite3
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.counters import LEDGER, Counters
from gateway.store.counts import ledger
from gateway.store.database import soft_transaction
from gateway.store.settled import Settled


@dataclass(frozen=True)
class ErrorLine:
    at_ms: int
    place: str
    text: str


class ErrorLog:
    """The last errors, until they are saved, dated by the clock of the site. Full: the oldest goes, counted."""

    def __init__(self, limit: int, counters: Counters, utc_ms: Callable[[], int]) -> None:
        self.limit = limit
        self._counters = counters
        self._utc_ms = utc_ms
        self._lines: deque[ErrorLine] = deque()

    def add(self, place: str, text: str) -> None:
        if len(self._lines) >= self.limit:
            self._lines.popleft()
            self._counters.add("errors.forgotten")
        self._lines.append(ErrorLine(self._utc_ms(), place, text[:500]))

    @property
    def waiting(self) -> int:
        return len(self._lines)

    def take(self) -> list[ErrorLine]:
        lines = list(self._lines)
        self._lines.clear()
        return lines


class HealthRecords:
    def __init__(self, connection: sqlite3.Connection, settled: Settled) -> None:
        self._connection = connection
        self._settled = settled

    def counters(self) -> dict[str, int]:
        return dict(Counter(ledger(self._connection)) + Counter(self._settled.counts))

    def save(self, counters: dict[str, int], errors: list[ErrorLine], errors_kept: int, snapshots: dict[str, Any], now_ms: int) -> None:
        """`counters` as they stand now; those of the ledger are left to the transactions that they count. Soft: no flush for it."""
        with soft_transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                [(name, value) for name, value in counters.items() if name not in LEDGER],
            )
            self._connection.executemany(
                "INSERT INTO errors (at_ms, place, text) VALUES (?, ?, ?)", [(line.at_ms, line.place, line.text) for line in errors]
            )
            self._connection.execute("DELETE FROM errors WHERE id <= (SELECT max(id) FROM errors) - ?", (errors_kept,))
            self._connection.executemany(
                "INSERT INTO snapshots (subject, at_ms, document) VALUES (?, ?, ?) "
                "ON CONFLICT (subject) DO UPDATE SET at_ms = excluded.at_ms, document = excluded.document",
                [(subject, now_ms, json.dumps(document, separators=(",", ":"))) for subject, document in snapshots.items()],
            )
