"""Hours of one channel, and longer bins made of hours: what a record keeps of its periods.

An hour is [start, start + 3,600,000 ms). What a period says belongs, whole, to the hour of its middle, and its time to the hours that it
touches, as in periods.py. A period longer than an hour (a summary of a day) stands for each hour that it covers: it is cut at the hours,
and each part has its mean and its extremes, and its share of the readings.

The mean of a day is the arithmetic mean of the hourly means of its valid hours, as GB 3095 defines it, so that an hour in which more was
read counts no more than another. Longer and shorter bins pool the readings. Refuses to know quantities, databases and clocks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from air.statistics.periods import REQUIRED_COMPLETENESS, PeriodStatistics, Summary, bucket, covered_ms, pooled
from contract import quality

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a bin needs to be valid. source: where that stands, and whether it was read there."""

    least: int
    source: str


# Sampled time of an hour. The standard lists it for the gases; that it holds for particles too is a choice of this project.
VALID_HOUR_MS = Requirement(45 * 60_000, "GB 3095-2026, table 4 (read): hourly means of gases")
VALID_DAY_HOURS = Requirement(20, "GB 3095-2026, table 4 (read): daily means of SO2, NO2, CO, PM10 and PM2.5")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A bin. quality and summary as of periods.Bucket: of the usable periods where there are any, else of the quality that lasted longest.

    usable_ms: time that usable periods cover. covered: by quality code, the time that its periods cover. error_ms: of the worst dated of
    its periods. origins: bits that the caller gave them, together.
    """

    quality: int
    summary: Summary | None
    usable_ms: int
    covered: Mapping[int, int]
    error_ms: int
    origins: int

    @property
    def is_usable(self) -> bool:
        return self.quality in quality.USABLE and self.summary is not None


@dataclass(frozen=True, slots=True)
class DatedPeriod:
    """A period, how well its time is known, and where it comes from."""

    period: PeriodStatistics
    error_ms: int
    origin: int


def hours_of(rows: Iterable[DatedPeriod], wanted: Iterable[int]) -> dict[int, Aggregate]:
    """By start of the wanted hours; those that nothing touches are absent. rows: of one channel, in any order; at least all that touch one
    of the wanted hours."""
    touching: dict[int, list[DatedPeriod]] = {start_ms: [] for start_ms in wanted}
    for row in rows:
        for start_ms in hours_touched(row.period.start_ms, row.period.duration_ms):
            if start_ms in touching:
                touching[start_ms].append(row)
    return {start_ms: _hour(start_ms, of_hour) for start_ms, of_hour in touching.items() if of_hour}


def hours_touched(start_ms: int, duration_ms: int) -> range:
    """Starts of the hours that a period touches."""
    return range(start_ms // HOUR_MS * HOUR_MS, start_ms + max(1, duration_ms), HOUR_MS)


def joined(parts: Sequence[Aggregate], length_ms: int) -> Aggregate | None:
    """One bin of that length made of those of its hours that have something; None where none has."""
    if not parts:
        return None
    usable = [part for part in parts if part.is_usable]
    code, chosen = (quality.OK, usable) if usable else _worst(parts)
    usable_ms, covered = sum(part.usable_ms for part in parts), _covered(parts)
    if usable and (quality.FEW_SAMPLES in covered or usable_ms < REQUIRED_COMPLETENESS * length_ms):
        code = quality.FEW_SAMPLES
    return _aggregate(parts, code, pooled(part.summary for part in chosen), usable_ms, covered)


def day_of(parts: Sequence[Aggregate]) -> Aggregate | None:
    """The day made of those of its hours that have something. Without a valid hour it is the mean of those that have values at all."""
    if not parts:
        return None
    usable = [part for part in parts if part.is_usable]
    valid = [part for part in usable if part.usable_ms >= VALID_HOUR_MS.least]
    code, chosen = (quality.OK, valid or usable) if usable else _worst(parts)
    if usable and len(valid) < VALID_DAY_HOURS.least:
        code = quality.FEW_SAMPLES
    usable_ms, covered = sum(part.usable_ms for part in parts), _covered(parts)
    return _aggregate(parts, code, _mean_of_means([part.summary for part in chosen if part.summary]), usable_ms, covered)


def _hour(start_ms: int, rows: Sequence[DatedPeriod]) -> Aggregate:
    end_ms = start_ms + HOUR_MS
    periods = [_cut(row.period, start_ms, end_ms) for row in rows]
    (part,) = bucket(periods, start_ms, end_ms, HOUR_MS)
    summary = part.usable or next((other.summary for other in part.unusable if other.quality == part.quality), None)
    by_quality: dict[int, list[PeriodStatistics]] = {}
    for period in periods:
        by_quality.setdefault(period.quality, []).append(period)
    covered = {code: covered_ms(of_code, start_ms, end_ms) for code, of_code in sorted(by_quality.items())}
    # Usable time is what usable rows cover, once where they overlap: not the sum over their qualities.
    usable_ms = round(part.completeness * HOUR_MS)
    owned = [row for row, period in zip(rows, periods) if start_ms <= period.start_ms + period.duration_ms // 2 < end_ms]
    origins = 0
    for row in owned:
        origins |= row.origin
    return Aggregate(part.quality, summary, usable_ms, covered, max((row.error_ms for row in owned), default=0), origins)


def _cut(period: PeriodStatistics, from_ms: int, to_ms: int) -> PeriodStatistics:
    if period.duration_ms <= HOUR_MS:
        return period
    start_ms, end_ms = max(from_ms, period.start_ms), min(to_ms, period.end_ms)
    summary = period.summary
    if summary is not None:
        n = max(1, summary.n * (end_ms - start_ms) // period.duration_ms)
        summary = Summary(n, summary.mean, summary.minimum, summary.maximum)
    return PeriodStatistics(start_ms, end_ms - start_ms, period.quality, summary)


def _worst(parts: Sequence[Aggregate]) -> tuple[int, list[Aggregate]]:
    # The quality that most time has, of those that hours without a value have.
    lasted: dict[int, int] = {}
    for part in parts:
        lasted[part.quality] = lasted.get(part.quality, 0) + part.covered.get(part.quality, 0)
    code = min(lasted, key=lambda code: (-lasted[code], code))
    return code, [part for part in parts if part.quality == code]


def _covered(parts: Iterable[Aggregate]) -> dict[int, int]:
    found: dict[int, int] = {}
    for part in parts:
        for code, time_ms in part.covered.items():
            found[code] = found.get(code, 0) + time_ms
    return dict(sorted(found.items()))


def _aggregate(parts: Sequence[Aggregate], code: int, summary: Summary | None, usable_ms: int, covered: Mapping[int, int]) -> Aggregate:
    origins = 0
    for part in parts:
        origins |= part.origins
    return Aggregate(code, summary, usable_ms, covered, max(part.error_ms for part in parts), origins)


def _mean_of_means(summaries: Sequence[Summary]) -> Summary | None:
    if not summaries:
        return None
    count, total = len(summaries), sum(summary.mean for summary in summaries)
    least, greatest = min(summary.minimum for summary in summaries), max(summary.maximum for summary in summaries)
    return Summary(sum(summary.n for summary in summaries), (2 * total + count) // (2 * count), least, greatest)
