"""A series over a range: its periods as they were reported, or averages over steps. Values leave here as floats in the unit of their
quantity; None where there is only a quality.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from air.errors import BucketLimitError
from air.statistics.periods import Bucket, PeriodStatistics, Summary, bucket
from contract import quantities
from contract.site import qualities
from fleet.errors import Fault, InvalidError
from fleet.record import tables
from fleet.record.dating import HOW_KEYS
from fleet.record.units import in_unit

MAX_POINTS = 10_000
# Periods read to make buckets of.
MAX_BUCKETED_PERIODS = 500_000
LONGEST_REPORT_MS = 3_600_000
LONGEST_SUMMARY_MS = 90_000_000  # of a day, whose last report may end in the next hour


@dataclass(frozen=True, slots=True)
class Point:
    """A period as the node reported it, or a bucket of them. completeness: of a bucket, the share of its time with usable values."""

    slot: int
    start_ms: int
    duration_ms: int
    value: float | None
    min: float | None
    max: float | None
    n: int
    quality: str
    how: str | None
    error_ms: int
    completeness: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """next_ms: where to go on when the limit cut the answer, else None."""

    node: str
    quantity: str
    unit: str
    points: list[Point]
    next_ms: int | None


@dataclass(frozen=True, slots=True)
class Span:
    from_ms: int
    to_ms: int
    limit: int = 1000
    step_ms: int | None = None


def series(connection: Connection, node: str, quantity: str, slot: int | None, span: Span) -> Series:
    """Points with from_ms <= start < to_ms, by start and slot, more than the limit only where a single moment has more; with step_ms,
    buckets from from_ms on.

    Raises InvalidError on a quantity that is none, or on more buckets or periods than are made at once.
    """
    if quantity not in quantities.ID:
        raise InvalidError(Fault("quantity", "one of " + ", ".join(quantities.ID), quantity[:100]))
    code = quantities.ID[quantity]
    if span.step_ms is None:
        points, next_ms = _raw_points(connection, node, code, slot, span)
    else:
        points, next_ms = _bucketed(connection, node, code, slot, span), None
    return Series(node, quantity, quantities.unit(code), points, next_ms)


def _rows(connection: Connection, node: str, code: int, slot: int | None, span: Span, reports_from_ms: int = 0) -> Sequence[Any]:
    # Before reports_from_ms only what is longer than a report.
    table, value = tables.series, tables.value
    ids = select(table.c.id).where(table.c.node_id == node, table.c.quantity == code)
    if slot is not None:
        ids = ids.where(table.c.slot == slot)
    slots = select(table.c.slot).where(table.c.id == value.c.series_id).scalar_subquery().label("slot")
    query = select(value, slots).where(value.c.series_id.in_(ids), value.c.start_ms >= span.from_ms, value.c.start_ms < span.to_ms)
    query = query.where((value.c.start_ms >= reports_from_ms) | (value.c.duration_ms > LONGEST_REPORT_MS))
    query = query.order_by(value.c.start_ms, value.c.series_id, value.c.boot_id, value.c.seq)
    return connection.execute(query.limit(span.limit + 1)).all()


def _raw_points(connection: Connection, node: str, code: int, slot: int | None, span: Span) -> tuple[list[Point], int | None]:
    rows = _rows(connection, node, code, slot, span)
    if len(rows) <= span.limit:
        return [_point(code, row) for row in rows], None
    # Cut between two moments, not within one, so that going on at next_ms neither repeats nor skips.
    next_ms = rows[-1].start_ms
    whole = [row for row in rows if row.start_ms < next_ms]
    if not whole:
        moment = replace(span, from_ms=next_ms, to_ms=next_ms + 1, limit=MAX_POINTS)
        whole, next_ms = list(_rows(connection, node, code, slot, moment)), next_ms + 1
    return [_point(code, row) for row in whole], next_ms


def _point(code: int, row: Any) -> Point:
    return Point(
        row.slot, row.start_ms, row.duration_ms, in_unit(code, row.mean), in_unit(code, row.least), in_unit(code, row.greatest),
        row.n, qualities.KEYS[row.quality], HOW_KEYS[row.how], row.error_ms,
    )  # fmt: skip


def _bucketed(connection: Connection, node: str, code: int, slot: int | None, span: Span) -> list[Point]:
    wide = Span(max(0, span.from_ms - LONGEST_SUMMARY_MS), span.to_ms, MAX_BUCKETED_PERIODS)
    rows = _rows(connection, node, code, slot, wide, reports_from_ms=span.from_ms - LONGEST_REPORT_MS)
    if len(rows) > MAX_BUCKETED_PERIODS:
        raise InvalidError(Fault("from_ms", f"a span of at most {MAX_BUCKETED_PERIODS} periods", str(span.from_ms)))
    by_slot: dict[int, list[Any]] = {}
    for row in rows:
        by_slot.setdefault(row.slot, []).append(row)
    points = [point for number, group in sorted(by_slot.items()) for point in _slot_buckets(code, number, group, span)]
    return sorted(points, key=lambda point: point.start_ms)


def _slot_buckets(code: int, slot: int, rows: list[Any], span: Span) -> list[Point]:
    assert span.step_ms is not None
    try:
        buckets = bucket(map(_statistics, rows), span.from_ms, span.to_ms, span.step_ms)
    except BucketLimitError as error:
        raise InvalidError(Fault("step_ms", f"at most {error.limit} steps, not {error.asked}", str(span.step_ms))) from error
    # A bucket is dated no better than the worst of its periods.
    errors_ms = [0] * len(buckets)
    for row in rows:
        index = (row.start_ms + row.duration_ms // 2 - span.from_ms) // span.step_ms
        if 0 <= index < len(errors_ms):
            errors_ms[index] = max(errors_ms[index], row.error_ms)
    return [_bucket_point(code, slot, part, error_ms) for part, error_ms in zip(buckets, errors_ms)]


def _statistics(row: Any) -> PeriodStatistics:
    summary = Summary(row.n, row.mean, row.least, row.greatest) if row.n else None
    return PeriodStatistics(row.start_ms, row.duration_ms, row.quality, summary)


def _bucket_point(code: int, slot: int, part: Bucket, error_ms: int) -> Point:
    summary = part.usable or next((other.summary for other in part.unusable if other.quality == part.quality), None)
    mean, least, greatest = (summary.mean, summary.minimum, summary.maximum) if summary else (None, None, None)
    return Point(
        slot, part.start_ms, part.duration_ms, in_unit(code, mean), in_unit(code, least), in_unit(code, greatest),
        summary.n if summary else 0, qualities.KEYS[part.quality], None, error_ms, part.completeness,
    )  # fmt: skip
