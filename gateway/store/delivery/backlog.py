"""What waits for the fleet by the tables, some seconds late (acknowledged.py). Read only: for status, metrics and the watchdog."""

import sqlite3
from dataclasses import dataclass

from gateway.store.lanes import LANES, LATE_LANE, REPORT_LANE, SUMMARY_LANE, URGENT_LANE

LANE_NAMES = {URGENT_LANE: "urgent", REPORT_LANE: "reports", SUMMARY_LANE: "summaries", LATE_LANE: "late"}


@dataclass(frozen=True)
class LaneBacklog:
    """`oldest_ms`: UTC at which the oldest of them arrived, None when none waits."""

    waiting: int
    oldest_ms: int | None


def lanes(connection: sqlite3.Connection) -> dict[str, LaneBacklog]:
    """By lane. Reads the index of what waits: milliseconds for each hundred thousand items."""
    return {name: LaneBacklog(_count(connection, lane), _oldest(connection, lane)) for lane, name in LANE_NAMES.items()}


def anything_waits(connection: sqlite3.Connection) -> bool:
    return any(oldest_id(connection, lane) is not None for lane in LANES)


def oldest_id(connection: sqlite3.Connection, lane: int) -> int | None:
    """Of what waits in that lane: arrival order is id order."""
    row = connection.execute("SELECT id FROM unsent WHERE lane = ? ORDER BY id LIMIT 1", (lane,)).fetchone()
    return row[0] if row else None


def _count(connection: sqlite3.Connection, lane: int) -> int:
    count: int = connection.execute("SELECT count(*) FROM unsent WHERE lane = ?", (lane,)).fetchone()[0]
    return count


def _oldest(connection: sqlite3.Connection, lane: int) -> int | None:
    row = connection.execute("SELECT arrived_ms FROM stored WHERE id = ?", (oldest_id(connection, lane),)).fetchone()
    return row[0] if row else None
