"""Making the hours that are due, in pieces that keep nobody waiting. A piece is one transaction: the values are read and the hours written
under the lock of their rows in `aggregate_due`, which go with them. Cut anywhere, an hour is either due or made.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, func, select

from air.statistics.hours import HOUR_MS, Aggregate, DatedPeriod, hours_of
from fleet.record import periods
from fleet.record.aggregates import due, kept
from fleet.record.aggregates.due import SeriesHour
from fleet.record.aggregates.expected import is_expected
from fleet.record.tables import aggregate, series, site_hour
from fleet.store.dialect import insert_or_replace, is_alone_until_commit

# Of hours of series in one piece: some 4,000 values of reports a minute, 23,000 of reports each 10 s.
PIECE = 64
# What comes usually is there by then. Whatever comes later makes the hour due again.
GRACE_MS = 120_000
# One at a time: the sum over a site is of all of its hours that are made.
_LOCK = 0x484F5552


def make_piece(connection: Connection, now_ms: int, most: int = PIECE) -> int:
    """Makes so many of the hours that are over and due; how many. Fewer than `most`: all are made, or another process makes them."""
    if not is_alone_until_commit(connection, _LOCK):
        return 0
    hours = due.lock_due(connection, now_ms - GRACE_MS, most)
    if hours:
        kept.replace(connection, hours, made_live(connection, hours))
        _sum_up(connection, hours)
        due.take_away(connection, hours)
    return len(hours)


def made_live(connection: Connection, hours: Collection[SeriesHour]) -> dict[SeriesHour, Aggregate]:
    """These hours, of their values as they are; those that nothing touches are absent."""
    made: dict[SeriesHour, Aggregate] = {}
    for (first_ms, last_ms), by_series in _runs(hours).items():
        wanted = range(first_ms, last_ms + 1, HOUR_MS)
        rows: dict[int, list[DatedPeriod]] = {}
        for series_id, _, dated in periods.touching(connection, by_series, first_ms, last_ms + HOUR_MS):
            rows.setdefault(series_id, []).append(dated)
        for series_id, of_series in rows.items():
            for start_ms, one in hours_of(of_series, wanted).items():
                made[series_id, start_ms] = one
    return made


def _runs(hours: Iterable[SeriesHour]) -> dict[tuple[int, int], list[int]]:
    """By first and last hour of a run without a gap, its series: most of a site have the same."""
    found: dict[tuple[int, int], list[int]] = {}
    run: list[int] = []
    before = -1
    for series_id, start_ms in [*sorted(hours), (-1, 0)]:
        if run and (series_id != before or start_ms != run[-1] + HOUR_MS):
            found.setdefault((run[0], run[-1]), []).append(before)
            run = []
        run.append(start_ms)
        before = series_id
    return found


def _sum_up(connection: Connection, hours: Iterable[SeriesHour]) -> None:
    ids = {series_id for series_id, _ in hours}
    site_of = {row.id: row.site_id for row in connection.execute(select(series.c.id, series.c.site_id).where(series.c.id.in_(ids)))}
    changed = sorted({(start_ms, site_of[series_id]) for series_id, start_ms in hours if series_id in site_of})
    rows = [{"start_ms": start_ms, "site_id": site, "usable_ms": _usable_ms(connection, site, start_ms)} for start_ms, site in changed]
    insert_or_replace(connection, site_hour, rows)


def _usable_ms(connection: Connection, site: str, start_ms: int) -> int:
    of_site = select(series.c.id).where(series.c.site_id == site, is_expected())
    total = select(func.coalesce(func.sum(aggregate.c.usable_ms), 0))
    return int(connection.execute(total.where(aggregate.c.series_id.in_(of_site), aggregate.c.start_ms == start_ms)).scalar_one())
