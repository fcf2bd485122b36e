"""What the page of a site shows of a quantity: lines with their gaps, what was not usable, a calendar, and a comparison of two. Asks no
clock and no database."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from statistics import StatisticsError, correlation, fmean

from contract.site import display_names as names
from fleet.pages.map.picture import MISSING
from fleet.pages.map.scale import Scale, scale_of
from fleet.pages.node_rows import USABLE
from fleet.record.points import Point
from fleet.record.series import PositionSeries, SiteSeries

# Of both at the same time, for a comparison.
LEAST_HOURS = 3
OK = "ok"

# Starts of hours and their usable means.
Line = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Day:
    """mark: the class of its colour. text: its mean, "" where it has none. completeness: in percent. is_thin: of too few valid hours."""

    iso: str
    number: int
    mark: str
    text: str
    completeness: int
    is_thin: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of the hours in which both have a usable mean. difference: of the first one from the second one. r: Pearson's; None where one of them
    did not change."""

    hours: int
    mean: float
    other: float
    difference: float
    r: float | None


def label(one: PositionSeries, site: str = "") -> str:
    """By who has the position, or had it last. site: named where it is another one."""
    last = max(one.occupants, key=lambda occupant: (not occupant.outside, occupant.from_ms))
    return f"{site}{': ' if site else ''}{last.node} · {last.slot}"


def line(points: Sequence[Point], from_ms: int = 0) -> dict[int, float]:
    return {one.start_ms: one.value for one in points if one.start_ms >= from_ms and is_usable(one) and one.value is not None}


def is_usable(one: Point) -> bool:
    return one.quality in USABLE and one.value is not None


def plotted(lines: Mapping[str, Line], starts: Collection[int]) -> tuple[list[float], list[tuple[str, list[float | None]]]]:
    """([s], [(label, values)]): every hour of the span, so that what is missing is a gap."""
    return [start_ms / 1000 for start_ms in starts], [(name, [of.get(start_ms) for start_ms in starts]) for name, of in lines.items()]


def not_ok(points: Sequence[Point], from_ms: int) -> Counter[str]:
    """Hours by their quality, where that is not ok."""
    return Counter(one.quality for one in points if one.start_ms >= from_ms and one.quality != OK)


def compared(one: Line, other: Line) -> Comparison | None:
    """None where there is too little of both."""
    both = sorted(one.keys() & other.keys())
    if len(both) < LEAST_HOURS:
        return None
    first, second = [one[hour] for hour in both], [other[hour] for hour in both]
    mean, of_other = fmean(first), fmean(second)
    try:
        r: float | None = correlation(first, second)
    except StatisticsError:
        r = None
    return Comparison(len(both), mean, of_other, mean - of_other, r)


def calendar(days: SiteSeries, zone: tzinfo) -> tuple[Scale, list[list[Day | None]]]:
    """Weeks from Monday on; None for what lies outside the span. A day of a site is the mean of its sensors."""
    by_start: dict[int, list[Point]] = {}
    for position in days.positions:
        for point in position.points:
            by_start.setdefault(point.start_ms, []).append(point)
    usable = {start: [one.value for one in of_day if is_usable(one) and one.value is not None] for start, of_day in by_start.items()}
    scale = scale_of(days.quantity, [fmean(values) for values in usable.values() if values])
    weeks: list[list[Day | None]] = []
    for start_ms, of_day in sorted(by_start.items()):
        # Of a moment within the day, whatever the clocks did at its beginning.
        date = (datetime.fromtimestamp(start_ms / 1000, UTC) + timedelta(hours=2)).astimezone(zone).date()
        if not weeks or date.weekday() == 0:
            weeks.append([None] * 7)
        weeks[-1][date.weekday()] = _day(date.isoformat(), date.day, of_day, usable[start_ms], days.quantity, scale)
    return scale, weeks


def _day(iso: str, number: int, of_day: Sequence[Point], values: Sequence[float], quantity: str, scale: Scale) -> Day:
    completeness = round(100 * fmean(one.completeness or 0.0 for one in of_day))
    if not values:
        return Day(iso, number, MISSING, "", completeness, is_thin=False)
    mean = fmean(values)
    is_thin = any(one.quality != OK for one in of_day if is_usable(one))
    return Day(iso, number, scale.class_of(mean), names.rounded(quantity, mean), completeness, is_thin)
