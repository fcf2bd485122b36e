"""Which hours are due: written in the transaction of every change of values, so that an hour is never taken for up to date when it is not.

An hour is due as long as its row is there. The one that makes it locks the row, reads the values, and takes the row away (making.py).
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, delete, select

from air.statistics.hours import HOUR_MS
from fleet.record.tables import aggregate_due
from fleet.store.dialect import count_tuples

# (series, start of the hour)
SeriesHour = tuple[int, int]


def mark_periods(connection: Connection, periods: Iterable[tuple[int, int, int]]) -> None:
    """periods: (series_id, start_ms, duration_ms) of values that came, or that are not there any more."""
    # Of a thousand reports nearly all lie in a few hours of the same series: told apart before their hours are listed.
    _mark(connection, {(series, start // HOUR_MS, (start + max(1, duration) - 1) // HOUR_MS) for series, start, duration in periods})


def mark_found(connection: Connection, spans: Select[Any]) -> None:
    """spans: of spans_of."""
    _mark(connection, [(row[0], row[1], row[2]) for row in connection.execute(spans)])


def spans_of(series_id: Any, start_ms: Any, duration_ms: Any) -> Select[Any]:
    """A query of where values lie, each once: series, number of the first hour, number of the last."""
    last_ms = start_ms + case((duration_ms > 1, duration_ms), else_=1) - 1
    return select(series_id.label("series"), (start_ms // HOUR_MS).label("first"), (last_ms // HOUR_MS).label("last")).distinct()


def lock_due(connection: Connection, end_ms: int, most: int) -> list[SeriesHour]:
    """So many at most of the hours that are over by end_ms, by series and time. Those that another transaction is changing are left out."""
    table = aggregate_due
    query = select(table.c.series_id, table.c.start_ms).where(table.c.start_ms <= end_ms - HOUR_MS)
    query = query.order_by(table.c.series_id, table.c.start_ms).limit(most).with_for_update(skip_locked=True)
    return [(row.series_id, row.start_ms) for row in connection.execute(query)]


def take_away(connection: Connection, hours: Iterable[SeriesHour]) -> None:
    table = aggregate_due
    one = delete(table).where(table.c.series_id == bindparam("of_series"), table.c.start_ms == bindparam("of_start"))
    connection.execute(one, [{"of_series": series_id, "of_start": start_ms} for series_id, start_ms in hours])


def due(connection: Connection, series: Any, from_ms: int, to_ms: int, most: int | None = None) -> set[SeriesHour]:
    """Of these series (a list, or a query of them), hours that begin in the span."""
    table = aggregate_due
    within = table.c.start_ms >= from_ms, table.c.start_ms < to_ms
    query = select(table.c.series_id, table.c.start_ms).where(table.c.series_id.in_(series), *within).limit(most)
    return {(row.series_id, row.start_ms) for row in connection.execute(query)}


def _mark(connection: Connection, spans: Iterable[tuple[int, int, int]]) -> None:
    hours = {(series_id, hour * HOUR_MS) for series_id, first, last in spans for hour in range(first, last + 1)}
    # Sorted, so that two transactions never wait for each other in a circle.
    count_tuples(connection, aggregate_due, [(series_id, start_ms, 1) for series_id, start_ms in sorted(hours)], "changes")
