"""Ledger counters are written in the transaction that makes them true."""

import sqlite3
from collections.abc import Mapping


def count(connection: sqlite3.Connection, added: Mapping[str, int]) -> None:
    connection.executemany(
        "INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [(name, number) for name, number in added.items() if number],
    )


def ledger(connection: sqlite3.Connection) -> dict[str, int]:
    """Every counter. Items stored since the others were saved are derived from their ids: none is used twice or left out (rows.py)."""
    counters: dict[str, int] = dict(connection.execute("SELECT name, value FROM counters"))
    (since,) = connection.execute("SELECT ifnull((SELECT max(id) FROM stored), 0) - waiting_id FROM reached").fetchone()
    if since:
        counters["items.stored"] = counters.get("items.stored", 0) + since
    return counters
