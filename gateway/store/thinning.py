"""Makes room without losing the record: the oldest unsent reports become hourly summaries, the oldest summaries daily ones (ADR 0012).

A summary is an event of the station, stored in the transaction that deletes what it stands for and records the gap. What is in flight
to the fleet is left alone. Only the writer thread calls it.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from air.thinning import SUMMARY_EVENT, Period, Pool
from contract.messages import EVENT
from gateway.intake.items import Row
from gateway.store.arrivals import Arrivals
from gateway.store.boot_clocks import BootClocks
from gateway.store.counts import count
from gateway.store.database import transaction
from gateway.store.in_flight import InFlight
from gateway.store.losses import Key, record_gaps
from gateway.store.origins import Origins
from gateway.store.rows import delete
from gateway.store.schema import LATE_LANE, REPORT_LANE, SUMMARY_LANE
from gateway.store.settled import Settled
from gateway.store.station import Saying, Station

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# Of one step: an hour of 40 nodes that report each 10 s is 14,400.
_MOST_REPORTS = 20_000
_SUMMARIES_LOOKED_AT = 4000
_SUMMARIES_DROPPED = 200
_COLUMNS = "waiting.id, node, boot, seq, kind, arrived_ms, uptime_ms, duration_ms, utc_ms, utc_error_ms, body"
_WAITING = (
    f"SELECT {_COLUMNS} FROM waiting CROSS JOIN items ON items.id = waiting.id "
    "WHERE waiting.lane = ? AND waiting.id > ? ORDER BY waiting.id LIMIT ?"
)


class _Channels(msgspec.Struct):
    ch: list[list[int]]


class _Particulars(msgspec.Struct):
    a: dict[str, Any]


_CHANNELS = msgspec.json.Decoder(_Channels)
_PARTICULARS = msgspec.json.Decoder(_Particulars)


@dataclass
class _Gathered:
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


class Thinning:
    """`most_reports`: of one step, so that its log stays within the budget."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        clocks: BootClocks,
        arrivals: Arrivals,
        station: Station,
        in_flight: InFlight,
        origins: Origins,
        settled: Settled,
        most_reports: int,
    ) -> None:
        self._connection = connection
        self._clocks = clocks
        self._arrivals = arrivals
        self._station = station
        self._in_flight = in_flight
        self._origins = origins
        self._settled = settled
        self._most_reports = min(_MOST_REPORTS, most_reports)
        self._opened_ms: int | None = None

    def thin_reports(self, now_ms: int) -> dict[str, int]:
        """The reports of the hour of the oldest one, late ones first. What it added, by ledger counter; nothing when there is none."""
        self._settled.save_now()
        gathered = self._oldest_hour(LATE_LANE)
        if not gathered.ids:
            gathered = self._oldest_hour(REPORT_LANE)
        summaries = [summary for pool in gathered.pools.values() for summary in pool.summaries()]
        return self._replace(gathered, summaries, now_ms)

    def _oldest_hour(self, lane: int) -> _Gathered:
        gathered = _Gathered()
        end_ms = None
        for id_, row in self._waiting(lane, 0, self._most_reports):
            if end_ms is None:
                end_ms = (row.arrived_ms // HOUR_MS + 1) * HOUR_MS
            # The last reports of an hour arrive when it is over; those of the next stay for its own summary.
            if row.arrived_ms >= end_ms + HOUR_MS:
                break
            dated = self._clocks.date(row, unsure=self._arrivals.is_unsure(id_))
            if dated.start_ms < end_ms:
                pool = gathered.take(id_, row, (row.node, row.boot, dated.start_ms // HOUR_MS))
                pool.add(Period(row.seq, row.uptime_ms, dated.start_ms, dated.error_ms, row.duration_ms, _channels(row.body)))
        return gathered

    def merge_summaries(self, now_ms: int) -> dict[str, int]:
        """Those of the oldest day that has several of one boot. Nothing when there is no such day."""
        self._settled.save_now()
        after = 0
        while True:
            found = list(self._waiting(SUMMARY_LANE, after, _SUMMARIES_LOOKED_AT))
            if not found:
                return {}
            gathered, summaries = self._oldest_day(found)
            if gathered.ids:
                return self._replace(gathered, summaries, now_ms)
            after = found[-1][0]

    def drop_summaries(self, now_ms: int) -> dict[str, int]:
        """The oldest ones: the last resort, when everything is days already."""
        self._settled.save_now()
        found = list(self._waiting(SUMMARY_LANE, 0, _SUMMARIES_DROPPED))
        keys = [(row.node, row.boot, row.seq) for _, row in found]
        with transaction(self._connection):
            delete(self._connection, [id_ for id_, _ in found])
            record_gaps(self._connection, keys, "buffer_full", now_ms, told=False)
            count(self._connection, {"items.dropped": len(found)})
        return {"items.dropped": len(found)} if found else {}

    def summaries_waiting(self) -> int:
        number: int = self._connection.execute("SELECT count(*) FROM unsent WHERE lane = ?", (SUMMARY_LANE,)).fetchone()[0]
        return number

    def _waiting(self, lane: int, after: int, most: int) -> Iterator[tuple[int, Row]]:
        for id_, *values in self._connection.execute(_WAITING, (lane, after, most)):
            if id_ not in self._in_flight:
                yield id_, Row(*values)

    def _oldest_day(self, found: list[tuple[int, Row]]) -> tuple[_Gathered, list[dict[str, Any]]]:
        by_day: dict[tuple[str, str, int], list[tuple[int, Row, dict[str, Any]]]] = {}
        for id_, row in found:
            particulars = _particulars(row.body)
            if particulars is None:
                continue
            key = (particulars["node"], particulars["boot"], particulars["start_ms"] // DAY_MS)
            by_day.setdefault(key, []).append((id_, row, particulars))
        several = {key: members for key, members in by_day.items() if len(members) > 1}
        gathered, summaries = _Gathered(), []
        for day in sorted({key[2] for key in several}):
            for key in [key for key in several if key[2] == day]:
                pool = Pool(key[0], key[1])
                for _, _, particulars in several[key]:
                    pool.add_summary(particulars)
                joined = pool.summaries()
                if len(joined) < len(several[key]):
                    for id_, row, _ in several[key]:
                        gathered.take(id_, row, key)
                    summaries += joined
            if gathered.ids:
                break
        return gathered, summaries

    def _replace(self, gathered: _Gathered, summaries: list[dict[str, Any]], now_ms: int) -> dict[str, int]:
        if not gathered.ids:
            return {}
        if self._opened_ms is None:
            self._opened_ms = now_ms
        uptime_ms, error_ms = max(0, now_ms - self._opened_ms), self._clocks.clock_error_ms
        sayings = [Saying(EVENT, {"k": SUMMARY_EVENT, "a": summary}, uptime_ms, now_ms, error_ms) for summary in summaries]
        self._origins.cover(max(gathered.ids))
        with transaction(self._connection):
            # First said, then deleted: no id is ever used twice (evaluation_records.py).
            self._station.say(sayings, now_ms, SUMMARY_LANE)
            delete(self._connection, gathered.ids)
            record_gaps(self._connection, gathered.keys, "thinned", now_ms, told=False)
            count(self._connection, {"items.thinned": len(gathered.ids)})
        return {"items.thinned": len(gathered.ids), "items.stored": len(sayings)}


def _channels(body: bytes) -> list[list[int]]:
    try:
        return _CHANNELS.decode(body).ch
    except msgspec.DecodeError:  # intake took it: the card has changed it since; it is counted, and there is nothing else to keep
        return []


def _particulars(body: bytes) -> dict[str, Any] | None:
    """None for a summary that the card has changed since: it stays what it is."""
    try:
        return _PARTICULARS.decode(body).a
    except msgspec.DecodeError:
        return None
