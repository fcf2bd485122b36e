"""The last weeks of a quantity at a site: hours for its plot, days for its calendar."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from air.statistics.hours import HOUR_MS
from fleet.clock import Clock
from fleet.errors import InvalidError
from fleet.pages.kept import Kept
from fleet.record import series
from fleet.record.bins import DAY_MS, whole_bins
from fleet.record.series import SiteSeries, Span
from fleet.store.reading import Reader

HOUR_DAYS = 31
CALENDAR_DAYS = 35
MOST_MONTHS = 16


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
        self.zone = zone
        self._kept = Kept(clock.monotonic_ms, self._read, MOST_MONTHS)

    def read(self, site: str, quantity: str) -> Month:
        """In a thread of the reader. Raises OverloadedError where too many hours are due."""
        return self._kept.get((site, quantity))

    def _read(self, of: tuple[str, str]) -> Month:
        now_ms = self._clock.utc_ms()
        return self._reader.read_here(lambda connection: _month(connection, *of, now_ms, self.zone))


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
