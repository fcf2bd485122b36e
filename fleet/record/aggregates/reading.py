"""Hours for those who read: what is made is read, what is due is made of the values as they are, so that no answer is behind the record.

Does not depend on what the hours are for.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from air.statistics.hours import HOUR_MS, Aggregate, DatedPeriod, hours_of, joined
from fleet.errors import OverloadedError
from fleet.record import periods
from fleet.record.aggregates import due, kept
from fleet.record.aggregates.due import SeriesHour
from fleet.record.aggregates.making import made_live

# Hours that are due, of all series of a question; beyond, it has to wait until they are made.
MOST_LIVE = 2000
RETRY_AFTER_S = 30
# That are in memory at once, with their values.
_LIVE_AT_ONCE = 256


class SeriesSpan(NamedTuple):
    """Of a series what began from from_ms on, before to_ms (None: no end)."""

    series_id: int
    from_ms: int = 0
    to_ms: int | None = None


def hours(
    connection: Connection, channels: Mapping[int, Sequence[SeriesSpan]], from_ms: int, to_ms: int
) -> dict[int, dict[int, Aggregate]]:
    """By channel and start of the hour, those that begin in the span and have something. Raises OverloadedError where too many are due."""
    whole: set[SeriesHour] = set()
    cut: list[tuple[int, SeriesSpan, list[int]]] = []
    for channel, spans in channels.items():
        for span in spans:
            in_whole, at_edges = _hours_of(span, from_ms, to_ms)
            whole.update((span.series_id, start_ms) for start_ms in in_whole)
            if at_edges:
                cut.append((channel, span, at_edges))
    known = _whole(connection, whole, from_ms, to_ms)
    found: dict[int, dict[int, list[Aggregate]]] = {channel: {} for channel in channels}
    for channel, spans in channels.items():
        for span in spans:
            for start_ms in _hours_of(span, from_ms, to_ms)[0]:
                if (one := known.get((span.series_id, start_ms))) is not None:
                    found[channel].setdefault(start_ms, []).append(one)
    for channel, span, at_edges in cut:
        for start_ms, one in _of_edges(connection, span, at_edges).items():
            found[channel].setdefault(start_ms, []).append(one)
    return {channel: {start_ms: _one(several) for start_ms, several in by_start.items()} for channel, by_start in found.items()}


def live(connection: Connection, wanted: Collection[SeriesHour]) -> Iterable[tuple[SeriesHour, Aggregate | None]]:
    """These hours, of their values. Raises OverloadedError where they are too many."""
    if len(wanted) > MOST_LIVE:
        raise OverloadedError(RETRY_AFTER_S)
    left = iter(sorted(wanted))
    while piece := list(islice(left, _LIVE_AT_ONCE)):
        made = made_live(connection, piece)
        yield from ((key, made.get(key)) for key in piece)


def _whole(connection: Connection, wanted: set[SeriesHour], from_ms: int, to_ms: int) -> dict[SeriesHour, Aggregate]:
    if not wanted:
        return {}
    ids = sorted({series_id for series_id, _ in wanted})
    # What is due is asked for first: an hour that is made in between is read as it was made.
    are_due = due.due(connection, ids, from_ms, to_ms) & wanted
    known = kept.read(connection, ids, from_ms, to_ms)
    for key, one in live(connection, are_due):
        known.pop(key, None)
        if one is not None:
            known[key] = one
    return known


def _hours_of(span: SeriesSpan, from_ms: int, to_ms: int) -> tuple[range, list[int]]:
    """Starts of the hours that are of this span only, and of those that it shares: what begins before an hour may end in it."""
    first, last = from_ms, to_ms
    if span.to_ms is not None:
        last = min(to_ms, span.to_ms // HOUR_MS * HOUR_MS)
    if span.from_ms:
        first = max(from_ms, -(-span.from_ms // HOUR_MS) * HOUR_MS + HOUR_MS)
    whole = range(first, max(first, last), HOUR_MS)
    begin = max(from_ms, span.from_ms // HOUR_MS * HOUR_MS)
    end = to_ms if span.to_ms is None else min(to_ms, span.to_ms + HOUR_MS)
    return whole, [start_ms for start_ms in range(begin, end, HOUR_MS) if start_ms not in whole]


def _of_edges(connection: Connection, span: SeriesSpan, starts: list[int]) -> dict[int, Aggregate]:
    rows: list[DatedPeriod] = [
        period.dated
        for period in periods.touching(connection, [span.series_id], starts[0], starts[-1] + HOUR_MS)
        if span.from_ms <= period.start_ms and (span.to_ms is None or period.start_ms < span.to_ms)
    ]
    return hours_of(rows, starts)


def _one(several: list[Aggregate]) -> Aggregate:
    # A node that went to another place within an hour has a part of it in either series.
    whole = several[0] if len(several) == 1 else joined(several, HOUR_MS)
    assert whole is not None
    return whole
