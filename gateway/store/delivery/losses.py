"""The record of what this gateway acknowledged and will not deliver: gaps by range, and the refused items themselves. Both bounded."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable

from contract.site.sequence import to_ranges
from gateway.store.counts import count
from gateway.store.delivery.batch import Gap

Key = tuple[str, str, int]  # node, boot, seq


def record_gaps(connection: sqlite3.Connection, keys: Iterable[Key], why: str, now_ms: int, *, reported: bool) -> None:
    """Inside the caller's transaction. `reported`: the fleet knows it already."""
    by_boot: dict[tuple[str, str], list[int]] = defaultdict(list)
    for node, boot, seq in keys:
        by_boot[node, boot].append(seq)
    ranges = [(node, boot, first, last) for (node, boot), seqs in by_boot.items() for first, last in to_ranges(seqs)]
    for node, boot, first, last in ranges:
        if reported or not _goes_on(connection, (node, boot, first, last, why, now_ms)):
            connection.execute(
                "INSERT INTO gaps (node, boot, first, last, why, at_ms, told) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (node, boot, first, last, why, now_ms, reported),
            )


def _goes_on(connection: sqlite3.Connection, gap: tuple[str, str, int, int, str, int]) -> bool:
    # So that a month of thinned reports is one record for each boot, and not one for each hour.
    node, boot, first, last, why, now_ms = gap
    cursor = connection.execute(
        "UPDATE gaps SET last = ?, at_ms = ? WHERE node = ? AND boot = ? AND last = ? AND why = ? AND told = 0",
        (last, now_ms, node, boot, first - 1, why),
    )
    return cursor.rowcount > 0


def unreported_gaps(connection: sqlite3.Connection, limit: int) -> list[Gap]:
    return connection.execute("SELECT id, node, boot, first, last, why FROM gaps WHERE told = 0 ORDER BY id LIMIT ?", (limit,)).fetchall()


def gaps_reported(connection: sqlite3.Connection, gaps: list[Gap]) -> None:
    # One that has grown since it was read is not reported yet.
    connection.executemany("UPDATE gaps SET told = 1 WHERE id = ? AND last = ?", [(gap[0], gap[4]) for gap in gaps])


def set_aside_items(connection: sqlite3.Connection, items: Iterable[tuple[str, str, int, str, str, int, bytes]]) -> int:
    """(node, boot, seq, kind, reason, at_ms, body): how many were not there yet."""
    before = connection.total_changes
    connection.executemany(
        "INSERT INTO refused (node, boot, seq, kind, reason, at_ms, body) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", items
    )
    return connection.total_changes - before


def bound(connection: sqlite3.Connection, refused_rows: int, gap_rows: int) -> None:
    connection.execute("DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - ?", (refused_rows,))
    cursor = connection.execute("DELETE FROM gaps WHERE id <= (SELECT max(id) FROM gaps) - ?", (gap_rows,))
    if cursor.rowcount > 0:
        count(connection, {"gaps.forgotten": cursor.rowcount})
