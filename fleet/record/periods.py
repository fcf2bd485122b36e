"""Values as they were reported, each with where it comes from: what hours are made of. Knows the table of values."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, text

from air.statistics.hours import HOUR_MS, DatedPeriod
from air.statistics.periods import PeriodStatistics, Summary
from air.statistics.summaries import LONGEST_MS
from fleet.record.came import came
from fleet.record.origins import origin_of
from fleet.record.tables import LONG, value

# Of series in one statement.
_SERIES_AT_ONCE = 500


class SeriesPeriod(NamedTuple):
    series_id: int
    start_ms: int
    dated: DatedPeriod


def touching(connection: Connection, series: Collection[int], from_ms: int, to_ms: int) -> Iterator[SeriesPeriod]:
    """Of these series, at least all values whose time touches the span."""
    listed = sorted(series)
    for at in range(0, len(listed), _SERIES_AT_ONCE):
        rows = rows_touching(connection, listed[at : at + _SERIES_AT_ONCE], from_ms, to_ms)
        known = came(connection, ((row.boot_id, row.seq) for row in rows))
        for row in rows:
            summary = Summary(row.n, row.mean, row.least, row.greatest) if row.n else None
            period = PeriodStatistics(row.start_ms, row.duration_ms, row.quality, summary)
            origin = origin_of(known.get((row.boot_id, row.seq)), row.start_ms + row.duration_ms, row.error_ms)
            yield SeriesPeriod(row.series_id, row.start_ms, DatedPeriod(period, row.error_ms, origin))


def rows_touching(connection: Connection, series: list[int], from_ms: int, to_ms: int) -> list[Any]:
    """As rows of tables.value, at least all whose time touches the span."""
    of_series = value.c.series_id.in_(series)
    # As long as an hour at most, or, by the index that has only these, longer.
    usual = value.c.start_ms >= from_ms - HOUR_MS, value.c.start_ms < to_ms
    long = value.c.start_ms >= from_ms - LONGEST_MS, value.c.start_ms < from_ms - HOUR_MS, text("value." + LONG)
    return [row for condition in (usual, long) for row in connection.execute(select(value).where(of_series, *condition))]
