"""The last weeks of a quantity at a site, each read once a minute at most: hours for its plot, days for its calendar."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from air.statistics.hours import HOUR_MS
from fleet.clock import Clock
from fleet.errors import InvalidError
from fleet.record import series
from fleet.record.bins import DAY_MS, whole_bins
from fleet.record.series import SiteSeries, Span
from fleet.store.reading import Reader

HOUR_DAYS = 31
CALENDAR_DAYS = 35
KEPT_MS = 60_000
# Of sites and quantities; beyond, the one that nobody has looked at for longest goes.
MOST_KEPT = 16


@dataclass(frozen=True, slots=True)
class Month:
    """hours: up to the one that is going on. days: of the district's time zone, up to today; None in a zone whose midnight lies within an
    hour, and around a change of its clocks."""

    from_ms: int
    to_ms: int
    hours: SiteSeries
    days: SiteSeries | None


class MonthReader:
    def __init__(self, clock: Clock, reader: Reader, zone: ZoneInfo) -> None:
        self._clock = clock
        self._reader = reader
        self._zone = zone
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, str], tuple[int, Month]] = OrderedDict()  # until when

    @property
    def zone(self) -> ZoneInfo:
        return self._zone

    def read(self, site: str, quantity: str) -> Month:
        """In a thread of the reader; of those who ask at once one reads, and the others wait for it. Raises OverloadedError where too many
        hours are due."""
        asked_ms = self._clock.monotonic_ms()
        with self._lock:
            kept = self._kept.get((site, quantity))
            if kept is None or asked_ms >= kept[0]:
                now_ms, began_ms = self._clock.utc_ms(), self._clock.monotonic_ms()
                found = self._reader.read_here(lambda connection: _month(connection, site, quantity, now_ms, self._zone))
                kept = self._kept[site, quantity] = max(began_ms + KEPT_MS, self._clock.monotonic_ms() + 1), found
            self._kept.move_to_end((site, quantity))
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return kept[1]


def _month(connection: Connection, site: str, quantity: str, now_ms: int, zone: ZoneInfo) -> Month:
    to_ms = now_ms // HOUR_MS * HOUR_MS + HOUR_MS
    from_ms = to_ms - HOUR_DAYS * DAY_MS
    hours = series.site_series(connection, site, quantity, None, Span(from_ms, to_ms, step_ms=HOUR_MS))
    try:
        begin_ms, end_ms = whole_bins(now_ms - (CALENDAR_DAYS - 1) * DAY_MS, now_ms, DAY_MS, zone)
    except InvalidError:
        return Month(from_ms, to_ms, hours, None)
    days = None if begin_ms % HOUR_MS else series.site_series(connection, site, quantity, None, Span(begin_ms, end_ms, step_ms=DAY_MS))
    return Month(from_ms, to_ms, hours, days)
