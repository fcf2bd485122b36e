"""Gathers the reports of the hour of the oldest one that waits, a slice at a time, so that no commit waits for the whole hour.

Only reads. What has been gathered is given up when the uplink sends any of it meanwhile. Only the writer thread calls it.
"""

from dataclasses import dataclass, field
from itertools import islice

import msgspec

from air.statistics.summaries import Period, Pool
from gateway.items import Row
from gateway.store.delivery.delivery import Delivery
from gateway.store.delivery.losses import Key
from gateway.store.lanes import LATE_LANE, REPORT_LANE
from gateway.store.site.item_dates import ItemDates

HOUR_MS = 3_600_000


class _Channels(msgspec.Struct):
    ch: list[list[int]]


_CHANNELS = msgspec.json.Decoder(_Channels)


@dataclass
class Gathered:
    """What goes: ids and keys. `pools`: what stays of it, by node, boot and hour or day."""

    ids: list[int] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    pools: dict[tuple[str, str, int], Pool] = field(default_factory=dict)

    def add(self, id_: int, row: Row, pool: tuple[str, str, int]) -> Pool:
        self.ids.append(id_)
        self.keys.append((row.node, row.boot, row.seq))
        found = self.pools.get(pool)
        if found is None:
            found = self.pools[pool] = Pool(pool[0], pool[1])
        return found


class OldestHour:
    """`most_reports`: more are left for the next time, so that the log of their transaction stays within the budget."""

    def __init__(self, delivery: Delivery, dates: ItemDates, most_reports: int) -> None:
        self._delivery = delivery
        self._dates = dates
        self._most_reports = most_reports
        self._lane: int | None = None  # None: not begun
        self._after = 0
        self._end_ms: int | None = None
        self._gathered = Gathered()

    def gather(self, most_rows: int, before_ms: int | None = None) -> Gathered | None:
        """Looks at so many more rows. The hour once it is whole, empty when no report waits; None while there is more to look at.

        `before_ms`: only of an hour that was over by then.
        """
        if self._lane is None or self._delivery.has_handed_out(self._gathered.ids):
            self._begin(LATE_LANE)
        assert self._lane is not None
        if self._look(self._lane, most_rows, before_ms):
            return None
        if self._delivery.has_handed_out(self._gathered.ids):  # also what this look came upon, when it had been sent and answered before
            self._begin(LATE_LANE)
            return None
        if self._lane == LATE_LANE and not self._gathered.ids:
            self._begin(REPORT_LANE)
            return None
        self._lane = None
        self._delivery.stop_watching()
        return self._gathered

    def _begin(self, lane: int) -> None:
        self._delivery.save_now()
        self._delivery.watch()
        self._lane, self._after, self._end_ms, self._gathered = lane, 0, None, Gathered()

    def _look(self, lane: int, most_rows: int, before_ms: int | None) -> bool:
        """Whether there may be more of this hour."""
        most_rows = min(most_rows, self._most_reports - len(self._gathered.ids))
        looked_at = 0
        for id_, row in islice(self._delivery.never_sent(lane, self._after), most_rows):
            looked_at += 1
            if self._end_ms is None:
                self._end_ms = (row.arrived_ms // HOUR_MS + 1) * HOUR_MS
            # The last reports of an hour arrive when it is over; those of the next stay for its own summary.
            if row.arrived_ms >= self._end_ms + HOUR_MS or (before_ms is not None and self._end_ms > before_ms):
                return False
            self._after = id_
            self._gather_one(id_, row, self._end_ms)
        return looked_at == most_rows and len(self._gathered.ids) < self._most_reports

    def _gather_one(self, id_: int, row: Row, end_ms: int) -> None:
        dated = self._dates.date(id_, row)
        # The oldest goes whatever its own time: else all those behind it would wait for it.
        if dated.start_ms < end_ms or not self._gathered.ids:
            pool = self._gathered.add(id_, row, (row.node, row.boot, dated.start_ms // HOUR_MS))
            pool.add(Period(row.seq, row.uptime_ms, dated.start_ms, dated.error_ms, row.duration_ms, _channels(row.body)))


def _channels(body: bytes) -> list[list[int]]:
    try:
        return _CHANNELS.decode(body).ch
    except msgspec.DecodeError:  # intake took it: the card has changed it since; it is counted, and there is nothing else to keep
        return []
