"""Rows of aggregates, as they are kept and read."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from air.statistics.hours import Aggregate
from air.statistics.periods import Summary
from contract import quality
from fleet.record.aggregates.due import SeriesHour
from fleet.record.tables import aggregate
from fleet.store.dialect import insert_or_replace


def read(connection: Connection, series: Any, from_ms: int, to_ms: int) -> dict[SeriesHour, Aggregate]:
    """Of these series (a list, or a query of them), hours that begin in the span."""
    within = aggregate.c.start_ms >= from_ms, aggregate.c.start_ms < to_ms
    rows = connection.execute(select(aggregate).where(aggregate.c.series_id.in_(series), *within))
    return {(row.series_id, row.start_ms): _aggregate(row) for row in rows}


def replace(connection: Connection, hours: Iterable[SeriesHour], made: Mapping[SeriesHour, Aggregate]) -> None:
    """hours: all that were made; those that nothing touches any more go."""
    insert_or_replace(connection, aggregate, [_row(key, one) for key, one in made.items()])
    gone = [{"of_series": key[0], "of_start": key[1]} for key in hours if key not in made]
    if gone:
        connection.execute(
            delete(aggregate).where(aggregate.c.series_id == bindparam("of_series"), aggregate.c.start_ms == bindparam("of_start")), gone
        )


def _row(key: SeriesHour, one: Aggregate) -> dict[str, Any]:
    summary = one.summary
    numbers = (summary.n, summary.mean, summary.minimum, summary.maximum) if summary else (0, None, None, None)
    covered = None if one.covered == _plain(one.quality, one.usable_ms) else json.dumps(one.covered, separators=(",", ":"))
    names = ("series_id", "start_ms", "quality", "n", "mean", "least", "greatest", "usable_ms", "covered", "error_ms", "origins")
    return dict(zip(names, (*key, one.quality, *numbers, one.usable_ms, covered, one.error_ms, one.origins)))


def _aggregate(row: Any) -> Aggregate:
    summary = Summary(row.n, row.mean, row.least, row.greatest) if row.n else None
    if row.covered is None:
        covered: Mapping[int, int] = _plain(row.quality, row.usable_ms)
    else:
        covered = {int(code): time_ms for code, time_ms in json.loads(row.covered).items()}
    return Aggregate(row.quality, summary, row.usable_ms, covered, row.error_ms, row.origins)


def _plain(code: int, usable_ms: int) -> dict[int, int]:
    # Nearly every hour: all of it of one quality.
    return {code: usable_ms} if code in quality.USABLE else {}
