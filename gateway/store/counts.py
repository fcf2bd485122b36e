"""Ledger counters are written in the transaction that makes them true."""

import sqlite3


def count(connection: sqlite3.Connection, added: dict[str, int]) -> None:
    connection.executemany(
        "INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [(name, number) for name, number in added.items() if number],
    )
