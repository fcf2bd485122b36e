"""What `airgrid-gateway inspect` shows: what lies in the buffer, by lane, node and reason. Works while the gateway runs."""

import sqlite3
from pathlib import Path
from typing import Any

from gateway.errors import StoreError
from gateway.store.database import FILE_NAME, advice, open_for_reading
from gateway.store.lanes import LATE_LANE, REPORT_LANE, SUMMARY_LANE, URGENT_LANE

LANES = {URGENT_LANE: "alarms", REPORT_LANE: "reports", SUMMARY_LANE: "summaries", LATE_LANE: "late reports"}
_GAPS_SHOWN = 200
_BOOT_COLUMNS = "node, boot, last_uptime_ms, anchor_offset_ms, anchor_error_ms"


def inspect_buffer(state: Path) -> dict[str, Any]:
    """Times are UTC ms of arrival. Raises StoreError when there is nothing to look into."""
    path = state / FILE_NAME
    if not path.exists():
        raise StoreError(f"{path}: no buffer yet -> it is made at the first start")
    try:
        connection = open_for_reading(path)
        try:
            return {"file": str(path), "sizes": _sizes(connection, path)} | _content(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error} -> {advice(error, path)}") from error


def _sizes(connection: sqlite3.Connection, path: Path) -> dict[str, int]:
    def pragma(name: str) -> int:
        return int(connection.execute(f"PRAGMA {name}").fetchone()[0])

    files = {file.name.removeprefix(path.name) or "buffer": file.stat().st_size for file in sorted(path.parent.glob(path.name + "*"))}
    return {f"{name.lstrip('-.')}_bytes": size for name, size in files.items()} | {
        "page_bytes": pragma("page_size"), "pages": pragma("page_count"), "free_pages": pragma("freelist_count"),
    }  # fmt: skip


def _content(connection: sqlite3.Connection) -> dict[str, Any]:
    return {
        "lanes": _by_name(
            connection,
            "SELECT unsent.lane, count(*), sum(length(body)), min(arrived_ms), max(arrived_ms) "
            "FROM unsent CROSS JOIN stored ON stored.id = unsent.id GROUP BY unsent.lane",
            ("waiting", "bytes", "oldest_ms", "newest_ms"),
            lambda lane: LANES[lane],
        ),
        "nodes": _by_name(
            connection,
            "SELECT node, count(*), sum(items.id IN (SELECT id FROM unsent)), count(DISTINCT boot), min(arrived_ms), max(arrived_ms) "
            "FROM items GROUP BY node",
            ("stored", "waiting", "boots", "oldest_ms", "newest_ms"),
        ),
        "boots": _rows(
            connection,
            f"SELECT {_BOOT_COLUMNS} FROM boots ORDER BY node, boot DESC LIMIT 1000",
        ),
        "gaps": _rows(
            connection, f'SELECT node, boot, first AS "from", last AS "to", why, at_ms, told FROM gaps ORDER BY id DESC LIMIT {_GAPS_SHOWN}'
        ),
        "lost": _by_name(connection, "SELECT why, count(*), sum(last - first + 1) FROM gaps GROUP BY why", ("gaps", "items")),
        "refused": _by_name(connection, "SELECT reason, count(*), max(at_ms) FROM refused GROUP BY reason", ("items", "newest_ms")),
        "migrations": [name for (name,) in connection.execute("SELECT name FROM _sqlite_migrations ORDER BY rowid")],
    }


def _by_name(connection: sqlite3.Connection, query: str, columns: tuple[str, ...], name: Any = str) -> dict[str, dict[str, Any]]:
    return {name(first): dict(zip(columns, rest, strict=True)) for first, *rest in connection.execute(query)}


def _rows(connection: sqlite3.Connection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
