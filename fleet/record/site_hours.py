"""Hourly means of one quantity at every site of the district: for a picture of its last hours. Who needs one site in full asks for its
series (series.py)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from air.statistics.hours import HOUR_MS, VALID_HOUR_MS, Aggregate
from contract import quality, quantities
from fleet.record.aggregates import due
from fleet.record.aggregates.due import SeriesHour
from fleet.record.aggregates.making import GRACE_MS, made_live
from fleet.record.tables import aggregate, series
from fleet.store.dialect import read_packed

# Hours of series that are due are made for a reading, so many at most; the background makes the others within moments.
MOST_LIVE = 100


@dataclass(frozen=True, slots=True)
class SiteHours:
    """means: by start of the hour and site, in the unit of the quantity, of the hours that are valid: with 45 min of usable values. Of a
    site with several series their mean. awaited: hours of series that are not made yet, or anew, and are left out."""

    starts: list[int]
    means: dict[int, dict[str, float]]
    awaited: int


def starts_before(now_ms: int, hours: int) -> list[int]:
    """Of the last hours of which what usually comes is there, the newest last."""
    end_ms = (now_ms - GRACE_MS) // HOUR_MS * HOUR_MS
    return [end_ms - number * HOUR_MS for number in range(hours, 0, -1)]


def read(connection: Connection, quantity: str, starts: list[int]) -> SiteHours:
    """quantity: of contract.quantities. starts: one after the other."""
    code, from_ms, to_ms = quantities.ID[quantity], starts[0], starts[-1] + HOUR_MS
    site_of = dict(read_packed(connection, select(series.c.id, series.c.site_id).where(series.c.quantity == code)))
    of_quantity = select(series.c.id).where(series.c.quantity == code)
    # What is due is asked for first: an hour that is made in between is read as it was made.
    are_due = due.due(connection, of_quantity, from_ms, to_ms)
    found = {key: mean for key, mean in _kept(connection, of_quantity, from_ms, to_ms).items() if key not in are_due}
    if is_live := len(are_due) <= MOST_LIVE:
        found |= {key: one.summary.mean for key, one in made_live(connection, are_due).items() if _is_valid(one) and one.summary}
    means: dict[int, dict[str, list[float]]] = {start_ms: {} for start_ms in starts}
    for (series_id, start_ms), mean in found.items():
        if series_id in site_of and start_ms in means:
            means[start_ms].setdefault(site_of[series_id], []).append(mean / quantities.scale(code))
    by_hour = {start_ms: {site: sum(several) / len(several) for site, several in of_hour.items()} for start_ms, of_hour in means.items()}
    return SiteHours(starts, by_hour, 0 if is_live else len(are_due))


def _kept(connection: Connection, of_quantity: Select[Any], from_ms: int, to_ms: int) -> dict[SeriesHour, int]:
    """Means of valid hours, as they were made."""
    query = select(aggregate.c.series_id, aggregate.c.start_ms, aggregate.c.mean).where(
        aggregate.c.series_id.in_(of_quantity), aggregate.c.start_ms >= from_ms, aggregate.c.start_ms < to_ms,
        aggregate.c.quality.in_(quality.USABLE), aggregate.c.mean.is_not(None), aggregate.c.usable_ms >= VALID_HOUR_MS.least,
    )  # fmt: skip
    return {(series_id, start_ms): mean for series_id, start_ms, mean in read_packed(connection, query)}


def _is_valid(one: Aggregate) -> bool:
    return one.is_usable and one.usable_ms >= VALID_HOUR_MS.least
