"""What went over a metered line, by calendar month (UTC), and which shares of its budget were reported. Only the writer thread calls it.

A month has its row for as long as it is one of the newest: a clock that jumps away and back finds its count again.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from contract.messages import EVENT
from gateway.store.database import transaction
from gateway.store.site.station import PendingItem, Station
from gateway.time.site_clock import Moment

EVENT_KEY = "data_budget"
WARNED, USED_UP, RESTORED = "warned", "used_up", "restored"
_MONTHS_KEPT = 24


@dataclass(frozen=True)
class Used:
    """`events`: how many the last count published."""

    month: str
    up_bytes: int
    down_bytes: int
    events: int = 0

    @property
    def bytes(self) -> int:
        return self.up_bytes + self.down_bytes


class DataMonths:
    def __init__(self, connection: sqlite3.Connection, station: Station) -> None:
        self._connection = connection
        self._station = station

    def add(self, up: int, down: int, budget_bytes: int, shares_percent: tuple[int, ...], moment: Moment, uptime_ms: int) -> Used:
        """Counted, and published in the same transaction when a share of the budget is first reached, or reports may go again.

        `shares_percent`: in order; at the last one it is used up. A budget that was raised has its shares before it once more.
        """
        month = datetime.fromtimestamp(moment.utc_ms / 1000, UTC).strftime("%Y-%m")
        with transaction(self._connection):
            up_bytes, down_bytes, reported = self._count(month, up, down)
            share = 100 * (up_bytes + down_bytes) / budget_bytes if budget_bytes else 0
            states = self._states(reported, share, shares_percent)
            used = Used(month, up_bytes, down_bytes, len(states))
            self._publish(states, int(share), used, budget_bytes, moment, uptime_ms)
            reached = max((one for one in shares_percent if one <= share), default=0)
            if reached != reported:
                self._connection.execute("UPDATE data_months SET told_percent = ? WHERE month = ?", (reached, month))
            self._connection.execute(
                "DELETE FROM data_months WHERE month NOT IN (SELECT month FROM data_months ORDER BY month DESC LIMIT ?) AND month <> ?",
                (_MONTHS_KEPT, month),
            )
        return used

    def _count(self, month: str, up: int, down: int) -> tuple[int, int, int]:
        self._connection.execute(
            "INSERT INTO data_months (month, up_bytes, down_bytes, told_percent) VALUES (?, ?, ?, 0) ON CONFLICT (month) DO UPDATE "
            "SET up_bytes = up_bytes + excluded.up_bytes, down_bytes = down_bytes + excluded.down_bytes",
            (month, up, down),
        )
        row: tuple[int, int, int] = self._connection.execute(
            "SELECT up_bytes, down_bytes, told_percent FROM data_months WHERE month = ?", (month,)
        ).fetchone()
        return row

    def _states(self, reported: int, share: float, shares_percent: tuple[int, ...]) -> list[tuple[str, int | None]]:
        """What is new, with the share that was reached; and remembers whether it is used up, over the turn of a month and a restart."""
        *warnings, all_of_it = shares_percent
        states: list[tuple[str, int | None]] = [(WARNED, one) for one in warnings if reported < one <= share]
        was_used_up = self._connection.execute("SELECT 1 FROM data_used_up").fetchone() is not None
        if share >= all_of_it and (not was_used_up or reported < all_of_it):
            self._connection.execute("INSERT OR IGNORE INTO data_used_up (only) VALUES (1)")
            states.append((USED_UP, all_of_it))
        if share < all_of_it and was_used_up:
            self._connection.execute("DELETE FROM data_used_up")
            states.insert(0, (RESTORED, None))
        return states

    def _publish(
        self, states: list[tuple[str, int | None]], share: int, used: Used, budget_bytes: int, moment: Moment, uptime_ms: int
    ) -> None:
        usage = {"month": used.month, "used_bytes": used.bytes, "budget_bytes": budget_bytes}
        particulars = [{"state": state, "share_percent": share if reached is None else reached, **usage} for state, reached in states]
        pending_items = [PendingItem(EVENT, {"k": EVENT_KEY, "a": one}, uptime_ms, moment.utc_ms, moment.error_ms) for one in particulars]
        self._station.publish(pending_items, moment.utc_ms)
