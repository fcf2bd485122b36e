"""A series over a range: its periods as they were reported, or averages over steps. Values leave here as floats in the unit of their
quantity; None where there is only a quality.

Asked by node it is what that node reported, wherever it was; asked by site it is what was measured at each position, whichever node did.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from air.errors import BucketLimitError
from air.statistics.periods import PeriodStatistics, Summary, bucket
from air.statistics.summaries import LONGEST_MS
from contract import quantities
from contract.faults import Fault
from contract.site import qualities
from fleet.errors import InvalidError
from fleet.people.rights import WHOLE, Scope
from fleet.record import bins_of_series, windows
from fleet.record.aggregates.reading import SeriesSpan
from fleet.record.bins_of_series import Steps
from fleet.record.came import ItemKey, came
from fleet.record.dating import HOW_KEYS
from fleet.record.installed import Installed, installed
from fleet.record.origins import Came, origin_key, origin_of
from fleet.record.points import Point, bucket_point
from fleet.record.tables import series, value
from fleet.record.units import in_unit
from fleet.record.windows import Window

MAX_POINTS = 10_000
# Periods read to make buckets of.
MAX_BUCKETED_PERIODS = 500_000
LONGEST_REPORT_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Series:
    """sensors: those that measured in this span. next_ms: where to go on when the limit cut the answer, else None."""

    node: str
    quantity: str
    unit: str
    sensors: list[Installed]
    points: list[Point]
    next_ms: int | None


@dataclass(frozen=True, slots=True)
class Occupant:
    """The slot of a node that has a position from from_ms to to_ms (None: still). outside: the position holds what the node reported of
    times outside that span."""

    node: str
    slot: int
    from_ms: int
    to_ms: int | None
    outside: bool


@dataclass(frozen=True, slots=True)
class PositionSeries:
    """occupants: one after the other, the first first; a replacement has the slot of its predecessor. sensors: those that measured in this
    span, one after the other: the series goes on over a swap, and shows it."""

    position: int
    occupants: list[Occupant]
    sensors: list[Installed]
    points: list[Point]


@dataclass(frozen=True, slots=True)
class SiteSeries:
    """next_ms: where to go on when the limit cut the answer, else None."""

    site: str
    quantity: str
    unit: str
    positions: list[PositionSeries]
    next_ms: int | None


@dataclass(frozen=True, slots=True)
class Span:
    from_ms: int
    to_ms: int
    limit: int = 1000
    step_ms: int | None = None


# A row of value, and whose it is.
_Row = tuple[Window, Any]


def node_series(connection: Connection, node: str, quantity: str, slot: int | None, span: Span, scope: Scope = WHOLE) -> Series:
    """Points with from_ms <= start < to_ms, by start, more than the limit only where a single moment has more; with step_ms,
    buckets from from_ms on. scope: at sites there only.

    Raises InvalidError on an unknown quantity, or on more buckets or periods than are made at once.
    """
    code = _code(quantity)
    held = windows.of_node(connection, node, code, slot, scope)
    sensors = [one for of_window in installed(connection, held, span.from_ms, span.to_ms) for one in of_window]
    found, next_ms = _points_of_node(connection, held, code, span)
    return Series(node, quantity, quantities.unit(code), sensors, [point for _, point in found], next_ms)


def site_series(connection: Connection, site: str, quantity: str, position: int | None, span: Span) -> SiteSeries:
    """As node_series, but by position; every position of the quantity is named, also one without points in the span."""
    code = _code(quantity)
    held = windows.of_site(connection, site, code, position)
    found, next_ms = _points_of_site(connection, held, code, span)
    occupants: defaultdict[int, list[Occupant]] = defaultdict(list)
    sensors: defaultdict[int, list[Installed]] = defaultdict(list)
    for window, of_window in zip(held, installed(connection, held, span.from_ms, span.to_ms)):
        occupants[window.position].append(_occupant(window))
        sensors[window.position] += of_window
    points: defaultdict[int, list[Point]] = defaultdict(list)
    for number, point in found:
        points[number].append(point)
    positions = [PositionSeries(number, occupants[number], sensors[number], points[number]) for number in sorted(occupants)]
    return SiteSeries(site, quantity, quantities.unit(code), positions, next_ms)


def quantities_at(connection: Connection, site: str) -> frozenset[str]:
    """All that was ever measured there."""
    found = connection.execute(select(series.c.quantity).where(series.c.site_id == site).distinct())
    return frozenset(quantities.key(code) for code in found.scalars())


def _points_of_node(connection: Connection, held: list[Window], code: int, span: Span) -> tuple[list[tuple[int, Point]], int | None]:
    if (steps := _steps_of_hours(span)) is None:
        return _points(connection, held, lambda window: window.slot, code, span)
    slots = {window.slot: [_span_of(other) for other in held if other.slot == window.slot] for window in held}
    return bins_of_series.points(connection, slots, {number: number for number in slots}, code, steps), None


def _points_of_site(connection: Connection, held: list[Window], code: int, span: Span) -> tuple[list[tuple[int, Point]], int | None]:
    if (steps := _steps_of_hours(span)) is None:
        return _points(connection, held, lambda window: window.position, code, span)
    # Another node may have had the position: each has a series of its own.
    positions = {window.position: [SeriesSpan(window.series_id)] for window in held}
    slots = {window.position: window.slot for window in reversed(held)}
    return bins_of_series.points(connection, positions, slots, code, steps), None


def _steps_of_hours(span: Span) -> Steps | None:
    if span.step_ms is None:
        return None
    steps = Steps(span.from_ms, span.to_ms, span.step_ms)
    return steps if steps.are_of_hours else None


def _span_of(window: Window) -> SeriesSpan:
    return SeriesSpan(window.series_id, window.from_ms, window.to_ms)


def moments_of_site(connection: Connection, site: str, quantity: str, span: Span) -> tuple[list[tuple[Window, Any, Point]], int | None]:
    """([(whose it is, row of value, as a point)], next_ms) of whole periods, by their start."""
    code = _code(quantity)
    rows, next_ms = _whole_moments(connection, windows.of_site(connection, site, code, None), span)
    known = came(connection, ((row.boot_id, row.seq) for _, row in rows))
    return [(window, row, _point(code, window.slot, row, known)) for window, row in rows], next_ms


def _code(quantity: str) -> int:
    if quantity not in quantities.ID:
        raise InvalidError(Fault(("quantity",), "one of " + ", ".join(quantities.ID), quantity))
    return quantities.ID[quantity]


def _occupant(window: Window) -> Occupant:
    return Occupant(window.node, window.slot, window.deployed_from_ms, window.deployed_to_ms, window.outside)


def _points(
    connection: Connection, held: list[Window], channel_of: Callable[[Window], int], code: int, span: Span
) -> tuple[list[tuple[int, Point]], int | None]:
    """([(channel, point)], next_ms). channel_of: what is averaged by itself."""
    if span.step_ms is None:
        rows, next_ms = _whole_moments(connection, held, span)
        known = came(connection, ((row.boot_id, row.seq) for _, row in rows))
        return [(channel_of(window), _point(code, window.slot, row, known)) for window, row in rows], next_ms
    wide = Span(max(0, span.from_ms - LONGEST_MS), span.to_ms, MAX_BUCKETED_PERIODS)
    rows = _rows(connection, held, wide, reports_from_ms=span.from_ms - LONGEST_REPORT_MS)
    if len(rows) > MAX_BUCKETED_PERIODS:
        raise InvalidError(Fault(("from_ms",), f"a span of at most {MAX_BUCKETED_PERIODS} periods", span.from_ms))
    known = came(connection, ((row.boot_id, row.seq) for _, row in rows))
    by_channel: defaultdict[int, list[_Row]] = defaultdict(list)
    for window, row in rows:
        by_channel[channel_of(window)].append((window, row))
    found = [(channel, point) for channel, group in sorted(by_channel.items()) for point in _buckets(code, group, span, known)]
    return sorted(found, key=lambda channel_and_point: channel_and_point[1].start_ms), None


def _rows(connection: Connection, held: list[Window], span: Span, reports_from_ms: int = 0) -> list[_Row]:
    # Before reports_from_ms only what is longer than a report.
    stretches: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    by_series: defaultdict[int, list[Window]] = defaultdict(list)
    for window in held:
        to_ms = span.to_ms if window.to_ms is None else min(span.to_ms, window.to_ms)
        stretches[max(span.from_ms, window.from_ms), to_ms].append(window.series_id)
        by_series[window.series_id].append(window)
    within = [
        and_(value.c.series_id.in_(ids), value.c.start_ms >= from_ms, value.c.start_ms < to_ms)
        for (from_ms, to_ms), ids in stretches.items()
        if from_ms < to_ms
    ]
    if not within:
        return []
    query = select(value).where(or_(*within), (value.c.start_ms >= reports_from_ms) | (value.c.duration_ms > LONGEST_REPORT_MS))
    query = query.order_by(value.c.start_ms, value.c.series_id, value.c.boot_id, value.c.seq).limit(span.limit + 1)
    return [(_window_of(by_series[row.series_id], row.start_ms), row) for row in connection.execute(query)]


def _window_of(of_series: list[Window], at_ms: int) -> Window:
    return of_series[0] if len(of_series) == 1 else next(window for window in of_series if window.contains(at_ms))


def _whole_moments(connection: Connection, held: list[Window], span: Span) -> tuple[list[_Row], int | None]:
    rows = _rows(connection, held, span)
    if len(rows) <= span.limit:
        return rows, None
    # Cut between two moments, not within one, so that going on at next_ms neither repeats nor skips.
    next_ms = int(rows[-1][1].start_ms)
    whole = [(window, row) for window, row in rows if row.start_ms < next_ms]
    if whole:
        return whole, next_ms
    moment = replace(span, from_ms=next_ms, to_ms=next_ms + 1, limit=MAX_POINTS)
    return _rows(connection, held, moment), next_ms + 1


def _point(code: int, slot: int, row: Any, known: Mapping[ItemKey, Came]) -> Point:
    return Point(
        slot, row.start_ms, row.duration_ms, in_unit(code, row.mean), in_unit(code, row.least), in_unit(code, row.greatest),
        row.n, qualities.KEYS[row.quality], HOW_KEYS[row.how], row.error_ms, origin_key(_origin(row, known)),
    )  # fmt: skip


def _origin(row: Any, known: Mapping[ItemKey, Came]) -> int:
    return origin_of(known.get((row.boot_id, row.seq)), row.start_ms + row.duration_ms, row.error_ms)


def _buckets(code: int, rows: list[_Row], span: Span, known: Mapping[ItemKey, Came]) -> list[Point]:
    # A position has the same slot number for ever: a replacement takes over slot by slot.
    assert span.step_ms is not None
    slot = rows[0][0].slot
    try:
        buckets = bucket((_statistics(row) for _, row in rows), span.from_ms, span.to_ms, span.step_ms)
    except BucketLimitError as error:
        raise InvalidError(Fault(("step_ms",), f"at most {error.limit} steps, not {error.asked}", span.step_ms)) from error
    # A bucket is dated no better than the worst of its periods.
    errors_ms, origins = [0] * len(buckets), [0] * len(buckets)
    for _, row in rows:
        index = (row.start_ms + row.duration_ms // 2 - span.from_ms) // span.step_ms
        if 0 <= index < len(errors_ms):
            errors_ms[index] = max(errors_ms[index], row.error_ms)
            origins[index] |= _origin(row, known)
    return [bucket_point(code, slot, *each) for each in zip(buckets, errors_ms, origins)]


def _statistics(row: Any) -> PeriodStatistics:
    summary = Summary(row.n, row.mean, row.least, row.greatest) if row.n else None
    return PeriodStatistics(row.start_ms, row.duration_ms, row.quality, summary)
