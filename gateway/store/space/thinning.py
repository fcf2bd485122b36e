"""Makes room without losing the record: the oldest unsent reports become hourly summaries, the oldest summaries daily ones (ADR 0012).

A summary is an event of the station, stored in the transaction that deletes what it stands for and records the gap. What is in flight
to the fleet is left alone. Only the writer thread calls it.
"""

import sqlite3
from itertools import islice
from typing import Any

import msgspec

from air.statistics.summaries import SUMMARY_EVENT, Pool
from contract.messages import EVENT
from gateway.items import Row
from gateway.store.counts import count
from gateway.store.database import transaction
from gateway.store.delivery.delivery import Delivery
from gateway.store.items.known_numbers import KnownNumbers
from gateway.store.items.rows import delete, newest_id
from gateway.store.lanes import SUMMARY_LANE
from gateway.store.site.item_dates import ItemDates
from gateway.store.site.station import PendingItem, Station
from gateway.store.space.oldest_hour import HOUR_MS, Gathered, OldestHour

DAY_MS = 24 * HOUR_MS
_SLICE_ROWS = 500
# Of one step: an hour of 40 nodes that report each 10 s is 14,400.
_MOST_REPORTS = 20_000
_SUMMARIES_LOOKED_AT = 4000
_SUMMARIES_DROPPED = 200


class _Particulars(msgspec.Struct):
    a: dict[str, Any]


_PARTICULARS = msgspec.json.Decoder(_Particulars)


class Thinning:
    """`most_reports`: of one step, so that its log stays within the budget."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        dates: ItemDates,
        station: Station,
        numbers: KnownNumbers,
        delivery: Delivery,
        most_reports: int,
    ) -> None:
        self._connection = connection
        self._dates = dates
        self._station = station
        self._numbers = numbers
        self._delivery = delivery
        self._hour = OldestHour(delivery, dates, min(_MOST_REPORTS, most_reports))
        self._opened_ms: int | None = None

    def thin_reports(self, now_ms: int) -> dict[str, int]:
        """The reports of the hour of the oldest one, late ones first. What it added, by ledger counter; nothing without reports."""
        while (gathered := self._hour.gather(_SLICE_ROWS)) is None:
            pass
        return self._replace_reports(gathered, now_ms)

    def thin_a_little(self, now_ms: int, most_rows: int, before_ms: int | None = None) -> dict[str, int] | None:
        """The same, a slice for each call: None while the hour is not whole. `before_ms`: only an hour that was over by then."""
        gathered = self._hour.gather(most_rows, before_ms)
        return None if gathered is None else self._replace_reports(gathered, now_ms)

    def thin_what_may_have_been_sent(self, now_ms: int) -> dict[str, int]:
        """Where nothing else is left of the reports: those of a killed process that were never answered, the oldest first."""
        while self._delivery.forget_oldest_stretch():
            if made := self.thin_reports(now_ms):
                return made
        return {}

    def _replace_reports(self, gathered: Gathered, now_ms: int) -> dict[str, int]:
        summaries = [summary for pool in gathered.pools.values() for summary in pool.summaries()]
        return self._replace(gathered, summaries, now_ms)

    def merge_summaries(self, now_ms: int) -> dict[str, int]:
        """Those of the oldest day that has several of one boot. Nothing when there is no such day."""
        self._delivery.save_now()
        after = 0
        while True:
            found = list(islice(self._delivery.never_sent(SUMMARY_LANE, after), _SUMMARIES_LOOKED_AT))
            if not found:
                return {}
            gathered, summaries = self._oldest_day(found)
            if gathered.ids:
                return self._replace(gathered, summaries, now_ms)
            after = found[-1][0]

    def drop_summaries(self, now_ms: int) -> dict[str, int]:
        """The oldest ones: the last resort, when everything is days already."""
        self._delivery.save_now()
        newest = newest_id(self._connection)  # it is never deleted: no id is used twice
        found = [(id_, row) for id_, row in islice(self._delivery.never_sent(SUMMARY_LANE), _SUMMARIES_DROPPED) if id_ < newest]
        keys = [(row.node, row.boot, row.seq) for _, row in found]
        with transaction(self._connection):
            delete(self._connection, [id_ for id_, _ in found])
            self._delivery.record_gaps(keys, "buffer_full", now_ms, reported=False)
            count(self._connection, {"items.dropped": len(found)})
        return {"items.dropped": len(found)} if found else {}

    def summaries_waiting(self) -> int:
        number: int = self._connection.execute("SELECT count(*) FROM unsent WHERE lane = ?", (SUMMARY_LANE,)).fetchone()[0]
        return number

    def _oldest_day(self, found: list[tuple[int, Row]]) -> tuple[Gathered, list[dict[str, Any]]]:
        by_day: dict[tuple[str, str, int], list[tuple[int, Row, dict[str, Any]]]] = {}
        for id_, row in found:
            particulars = _particulars(row.body)
            if particulars is None:
                continue
            key = (particulars["node"], particulars["boot"], particulars["start_ms"] // DAY_MS)
            by_day.setdefault(key, []).append((id_, row, particulars))
        several = {key: members for key, members in by_day.items() if len(members) > 1}
        gathered, summaries = Gathered(), []
        for day in sorted({key[2] for key in several}):
            for key in [key for key in several if key[2] == day]:
                pool = Pool(key[0], key[1])
                for _, _, particulars in several[key]:
                    pool.add_summary(particulars)
                joined = pool.summaries()
                if len(joined) < len(several[key]):
                    for id_, row, _ in several[key]:
                        gathered.add(id_, row, key)
                    summaries += joined
            if gathered.ids:
                break
        return gathered, summaries

    def _replace(self, gathered: Gathered, summaries: list[dict[str, Any]], now_ms: int) -> dict[str, int]:
        if not gathered.ids:
            return {}
        if self._opened_ms is None:
            self._opened_ms = now_ms
        uptime_ms, error_ms = max(0, now_ms - self._opened_ms), self._dates.clock_error_ms
        pending_items = [PendingItem(EVENT, {"k": SUMMARY_EVENT, "a": summary}, uptime_ms, now_ms, error_ms) for summary in summaries]
        self._numbers.cover(max(gathered.ids))
        with transaction(self._connection):
            # First published, then deleted: no id is ever used twice (evaluation_records.py).
            self._station.publish(pending_items, now_ms, SUMMARY_LANE)
            delete(self._connection, gathered.ids)
            self._delivery.record_gaps(gathered.keys, "thinned", now_ms, reported=False)
            count(self._connection, {"items.thinned": len(gathered.ids)})
        return {"items.thinned": len(gathered.ids), "items.stored": len(pending_items)}


def _particulars(body: bytes) -> dict[str, Any] | None:
    """None for a summary that the card has changed since: it stays what it is."""
    try:
        return _PARTICULARS.decode(body).a
    except msgspec.DecodeError:
        return None
