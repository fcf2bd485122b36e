"""Gathers the reports of the hour of the oldest one that waits, a slice at a time, so that nobody waits for the whole hour.

Only reads. What has been gathered is given up when the uplink takes any of it meanwhile. Only the writer thread calls it.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from air.statistics.summaries import Period, Pool
from gateway.items import Row
from gateway.store.delivery.acknowledged import Acknowledged
from gateway.store.delivery.in_flight import InFlight
from gateway.store.delivery.losses import Key
from gateway.store.delivery.sent_stretches import SentStretches
from gateway.store.lanes import LATE_LANE, REPORT_LANE
from gateway.store.site.arrivals import Arrivals
from gateway.store.site.boot_clocks import BootClocks

HOUR_MS = 3_600_000
_WAITING = (
    "SELECT waiting.id, node, boot, seq, kind, arrived_ms, uptime_ms, duration_ms, utc_ms, utc_error_ms, body "
    "FROM waiting CROSS JOIN items ON items.id = waiting.id WHERE waiting.lane = ? AND waiting.id > ? ORDER BY waiting.id"
)


class _Channels(msgspec.Struct):
    ch: list[list[int]]


_CHANNELS = msgspec.json.Decoder(_Channels)


@dataclass
class Gathered:
    """What goes: ids and keys. `pools`: what stays of it, by node, boot and hour or day."""

    ids: list[int] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    pools: dict[tuple[str, str, int], Pool] = field(default_factory=dict)

    def take(self, id_: int, row: Row, pool: tuple[str, str, int]) -> Pool:
        self.ids.append(id_)
        self.keys.append((row.node, row.boot, row.seq))
        found = self.pools.get(pool)
        if found is None:
            found = self.pools[pool] = Pool(pool[0], pool[1])
        return found


class Waiting:
    """What waits by the tables and is not at the fleet, as far as anybody knows, in order of arrival."""

    def __init__(self, connection: sqlite3.Connection, in_flight: InFlight, handed: SentStretches) -> None:
        self._connection = connection
        self._in_flight = in_flight
        self._handed = handed

    def rows(self, lane: int, after: int = 0) -> Iterator[tuple[int, Row]]:
        at: int | None = after
        while at is not None:
            found, at = self._connection.execute(_WAITING, (lane, at)), None
            for id_, *values in found:
                if id_ in self._handed:
                    at = self._handed.end_of(id_)  # passed over as a whole: there may be many of them
                    break
                if id_ not in self._in_flight:
                    yield id_, Row(*values)


class OldestHour:
    """`most_reports`: more are left for the next time, so that the log of their transaction stays within the budget."""

    def __init__(
        self, waiting: Waiting, clocks: BootClocks, arrivals: Arrivals, in_flight: InFlight, settled: Acknowledged, most_reports: int
    ) -> None:
        self._waiting = waiting
        self._clocks = clocks
        self._arrivals = arrivals
        self._in_flight = in_flight
        self._settled = settled
        self._most_reports = most_reports
        self._lane: int | None = None  # None: not begun
        self._after = 0
        self._end_ms: int | None = None
        self._gathered = Gathered()

    def gather(self, most_rows: int, before_ms: int | None = None) -> Gathered | None:
        """Looks at so many more rows. The hour once it is whole, empty when no report waits; None while there is more to look at.

        `before_ms`: only of an hour that was over by then.
        """
        if self._lane is None or self._in_flight.has_taken(self._gathered.ids):
            self._begin(LATE_LANE)
        assert self._lane is not None
        if self._look(self._lane, most_rows, before_ms):
            return None
        if self._in_flight.has_taken(self._gathered.ids):  # also what this look came upon, when it had been sent and answered before
            self._begin(LATE_LANE)
            return None
        if self._lane == LATE_LANE and not self._gathered.ids:
            self._begin(REPORT_LANE)
            return None
        self._lane = None
        self._in_flight.stop_watching()
        return self._gathered

    def _begin(self, lane: int) -> None:
        self._settled.save_now()
        self._in_flight.watch()
        self._lane, self._after, self._end_ms, self._gathered = lane, 0, None, Gathered()

    def _look(self, lane: int, most_rows: int, before_ms: int | None) -> bool:
        """Whether there may be more of this hour."""
        most_rows = min(most_rows, self._most_reports - len(self._gathered.ids))
        looked_at = 0
        for id_, row in islice(self._waiting.rows(lane, self._after), most_rows):
            looked_at += 1
            if self._end_ms is None:
                self._end_ms = (row.arrived_ms // HOUR_MS + 1) * HOUR_MS
            # The last reports of an hour arrive when it is over; those of the next stay for its own summary.
            if row.arrived_ms >= self._end_ms + HOUR_MS or (before_ms is not None and self._end_ms > before_ms):
                return False
            self._after = id_
            self._take(id_, row, self._end_ms)
        return looked_at == most_rows and len(self._gathered.ids) < self._most_reports

    def _take(self, id_: int, row: Row, end_ms: int) -> None:
        dated = self._clocks.date(row, unsure=self._arrivals.is_unsure(id_))
        # The oldest goes whatever it says of its time: else all those behind it would wait for it.
        if dated.start_ms < end_ms or not self._gathered.ids:
            pool = self._gathered.take(id_, row, (row.node, row.boot, dated.start_ms // HOUR_MS))
            pool.add(Period(row.seq, row.uptime_ms, dated.start_ms, dated.error_ms, row.duration_ms, _channels(row.body)))


def _channels(body: bytes) -> list[list[int]]:
    try:
        return _CHANNELS.decode(body).ch
    except msgspec.DecodeError:  # intake took it: the card has changed it since; it is counted, and there is nothing else to keep
        return []
