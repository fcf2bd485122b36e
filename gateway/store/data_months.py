"""What went over a metered line, by calendar month (UTC), and which shares of its budget have been told. Only the writer thread calls it.

A month has its row for as long as it is one of the newest: a clock that jumps away and back finds its count again.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from contract.messages import EVENT
from gateway.site_clock import Moment
from gateway.store.database import transaction
from gateway.store.station import Saying, Station

EVENT_KEY = "data_budget"
_MONTHS_KEPT = 24


@dataclass(frozen=True)
class Used:
    """`said`: how many events that count told."""

    month: str
    up_bytes: int
    down_bytes: int
    said: int = 0

    @property
    def bytes(self) -> int:
        return self.up_bytes + self.down_bytes


class DataMonths:
    def __init__(self, connection: sqlite3.Connection, station: Station) -> None:
        self._connection = connection
        self._station = station

    def add(self, up: int, down: int, budget_bytes: int, shares_percent: tuple[int, ...], moment: Moment, uptime_ms: int) -> Used:
        """Counted and, when a share of the budget has been reached for the first time this month, said, in one transaction."""
        month = datetime.fromtimestamp(moment.utc_ms / 1000, UTC).strftime("%Y-%m")
        with transaction(self._connection):
            self._connection.execute(
                "INSERT INTO data_months (month, up_bytes, down_bytes, told_percent) VALUES (?, ?, ?, 0) ON CONFLICT (month) DO UPDATE "
                "SET up_bytes = up_bytes + excluded.up_bytes, down_bytes = down_bytes + excluded.down_bytes",
                (month, up, down),
            )
            up_bytes, down_bytes, told = self._connection.execute(
                "SELECT up_bytes, down_bytes, told_percent FROM data_months WHERE month = ?", (month,)
            ).fetchone()
            share_reached = 100 * (up_bytes + down_bytes) / budget_bytes if budget_bytes else 0
            reached = [share for share in shares_percent if told < share <= share_reached]
            used = Used(month, up_bytes, down_bytes, len(reached))
            self._tell(reached, used, budget_bytes, moment, uptime_ms)
            self._connection.execute(
                "DELETE FROM data_months WHERE month NOT IN (SELECT month FROM data_months ORDER BY month DESC LIMIT ?) AND month <> ?",
                (_MONTHS_KEPT, month),
            )
        return used

    def _tell(self, reached: list[int], used: Used, budget_bytes: int, moment: Moment, uptime_ms: int) -> None:
        sayings = [
            Saying(
                EVENT,
                {
                    "k": EVENT_KEY,
                    "a": {"month": used.month, "share_percent": share, "used_bytes": used.bytes, "budget_bytes": budget_bytes},
                },
                uptime_ms,
                moment.utc_ms,
                moment.error_ms,
            )
            for share in reached
        ]
        self._station.say(sayings, moment.utc_ms)
        if reached:
            self._connection.execute("UPDATE data_months SET told_percent = ? WHERE month = ?", (max(reached), used.month))
