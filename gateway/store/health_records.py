"""What `status` shows after the process is gone: counters, last errors, snapshots. Saved together (health_recorder.py)."""

import json
import sqlite3
from collections import Counter
from typing import Any

from gateway.counters import LEDGER
from gateway.error_log import ErrorLine
from gateway.store.counts import ledger
from gateway.store.database import soft_transaction
from gateway.store.delivery.delivery import Delivery

# What is said again makes room first, the oldest of it: one cause that goes on does not push the others out.
_FORGET = """
    DELETE FROM errors WHERE id NOT IN (
        SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY place, text ORDER BY id DESC) > 1 AS is_again FROM errors)
        ORDER BY is_again, id DESC LIMIT ?)"""


class HealthRecords:
    def __init__(self, connection: sqlite3.Connection, delivery: Delivery) -> None:
        self._connection = connection
        self._delivery = delivery

    def counters(self) -> dict[str, int]:
        return dict(Counter(ledger(self._connection)) + Counter(self._delivery.unsaved_counts))

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
            self._connection.execute(_FORGET, (errors_kept,))
            self._connection.executemany(
                "INSERT INTO snapshots (subject, at_ms, document) VALUES (?, ?, ?) "
                "ON CONFLICT (subject) DO UPDATE SET at_ms = excluded.at_ms, document = excluded.document",
                [(subject, now_ms, json.dumps(document, separators=(",", ":"))) for subject, document in snapshots.items()],
            )
