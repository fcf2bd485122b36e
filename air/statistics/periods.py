"""Joining period statistics into longer ones, and into buckets of equal length.

Knows counts, means, extremes and quality codes of one channel; refuses to know nodes, quantities, databases and clocks.

Values are scaled integers and stay so. A joined mean is sum(n * mean) / sum(n), rounded half up: floor((2 * sum + n) / (2 * n)).
Each rounding moves a mean by at most half a step of the scale, so joining in stages differs from joining at once by at most one step
per stage; the order of the rows never matters.

Qualities are never mixed: where anything is usable, only usable rows give the value; where nothing is, the rows of the one code that
lasted longest give it, and the value carries that code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from air.errors import BucketLimitError
from contract import quality

MAX_BUCKETS = 20_000
# Share of a bucket that usable periods must cover for its value to be "ok": 75 %, the completeness that hourly and daily
# comparisons of sensors with reference instruments ask for.
REQUIRED_COMPLETENESS = 0.75


@dataclass(frozen=True, slots=True)
class Summary:
    """Of n > 0 readings. mean, minimum and maximum are scaled integers of the quantity (contract.quantities)."""

    n: int
    mean: int
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class PeriodStatistics:
    """One channel over one period. `quality` says what `summary` is worth, or, where there is none, why."""

    start_ms: int
    duration_ms: int
    quality: int
    summary: Summary | None

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.duration_ms

    @classmethod
    def of_channel(cls, start_ms: int, duration_ms: int, channel: Sequence[int]) -> "PeriodStatistics":
        """From a channel of a report: (slot, quantity, quality, n) or (slot, quantity, quality, n, mean, min, max)."""
        summary = Summary(channel[3], channel[4], channel[5], channel[6]) if len(channel) == 7 else None
        return cls(start_ms, duration_ms, channel[2], summary)


@dataclass(frozen=True, slots=True)
class Unusable:
    """The part of a bucket that one unusable quality covers."""

    quality: int
    covered_ms: int
    summary: Summary | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """A step of a series. A period's values belong, whole, to the bucket of its middle; its time to the buckets it touches.

    usable: of the usable periods only, None where there are none. unusable: one entry for every other quality, the longest first.
    completeness: share of the bucket's time that usable periods cover, 0 to 1.
    quality: of `usable` "ok", or "few_samples" where the completeness is below REQUIRED_COMPLETENESS or a period said so itself;
    without `usable` the unusable code that lasted longest; "not_measured" where there is no period at all.
    """

    start_ms: int
    duration_ms: int
    quality: int
    completeness: float
    usable: Summary | None
    unusable: tuple[Unusable, ...]


def merge(rows: Iterable[PeriodStatistics]) -> PeriodStatistics:
    """One row from the start of the first to the end of the last. Raises ValueError when there are none."""
    periods = list(rows)
    if not periods:
        raise ValueError("nothing to merge")
    start_ms = min(period.start_ms for period in periods)
    end_ms = max(period.end_ms for period in periods)
    code, summary = _judge(periods)
    return PeriodStatistics(start_ms, end_ms - start_ms, code, summary)


def bucket(rows: Iterable[PeriodStatistics], from_ms: int, to_ms: int, step_ms: int) -> list[Bucket]:
    """Buckets [from_ms, from_ms + step_ms), ... up to to_ms, empty ones included, so that a gap is seen. Rows may come in any order;
    what lies outside is left out. Choose a step no shorter than the periods: between the middles of longer ones there are no values.

    Raises BucketLimitError beyond MAX_BUCKETS, ValueError on a step below 1.
    """
    if step_ms < 1:
        raise ValueError("step_ms must be at least 1")
    count = max(0, -((from_ms - to_ms) // step_ms))
    if count > MAX_BUCKETS:
        raise BucketLimitError(count, MAX_BUCKETS)
    owned: list[list[PeriodStatistics]] = [[] for _ in range(count)]
    touching: list[list[PeriodStatistics]] = [[] for _ in range(count)]
    for row in rows:
        middle = (row.start_ms + row.duration_ms // 2 - from_ms) // step_ms
        if 0 <= middle < count:
            owned[middle].append(row)
        first = max(0, (row.start_ms - from_ms) // step_ms)
        for index in range(first, min(count, -((from_ms - row.end_ms) // step_ms))):
            touching[index].append(row)
    return [_bucket(from_ms + i * step_ms, step_ms, owned[i], touching[i]) for i in range(count)]


def _bucket(start_ms: int, step_ms: int, owned: list[PeriodStatistics], touching: list[PeriodStatistics]) -> Bucket:
    end_ms = start_ms + step_ms
    usable = [row for row in owned if _is_usable(row)]
    completeness = covered_ms((row for row in touching if _is_usable(row)), start_ms, end_ms) / step_ms
    code, _ = _judge(owned)
    if usable and completeness < REQUIRED_COMPLETENESS:
        code = quality.FEW_SAMPLES
    return Bucket(start_ms, step_ms, code, completeness, _summarise(usable), _unusable(owned, start_ms, end_ms))


def _unusable(owned: list[PeriodStatistics], start_ms: int, end_ms: int) -> tuple[Unusable, ...]:
    parts = []
    for code, rows in _by_quality(row for row in owned if not _is_usable(row)).items():
        parts.append(Unusable(code, covered_ms(rows, start_ms, end_ms), _summarise(rows)))
    return tuple(sorted(parts, key=lambda part: (-part.covered_ms, part.quality)))


def _judge(rows: list[PeriodStatistics]) -> tuple[int, Summary | None]:
    # The quality of all rows together, and the values that stand behind it.
    usable = [row for row in rows if _is_usable(row)]
    if usable:
        all_ok = all(row.quality == quality.OK for row in usable)
        return (quality.OK if all_ok else quality.FEW_SAMPLES), _summarise(usable)
    by_quality = _by_quality(rows)
    if not by_quality:
        return quality.NOT_MEASURED, None
    code = min(by_quality, key=lambda code: (-sum(row.duration_ms for row in by_quality[code]), code))
    return code, _summarise(by_quality[code])


def _is_usable(row: PeriodStatistics) -> bool:
    return row.quality in quality.USABLE and row.summary is not None


def _by_quality(rows: Iterable[PeriodStatistics]) -> dict[int, list[PeriodStatistics]]:
    found: dict[int, list[PeriodStatistics]] = {}
    for row in rows:
        found.setdefault(row.quality, []).append(row)
    return found


def _summarise(rows: Iterable[PeriodStatistics]) -> Summary | None:
    return pooled(row.summary for row in rows)


def pooled(several: Iterable[Summary | None]) -> Summary | None:
    """All readings together; None where there are none."""
    summaries = [summary for summary in several if summary is not None]
    if not summaries:
        return None
    n = sum(summary.n for summary in summaries)
    total = sum(summary.n * summary.mean for summary in summaries)
    lowest = min(summary.minimum for summary in summaries)
    highest = max(summary.maximum for summary in summaries)
    return Summary(n, (2 * total + n) // (2 * n), lowest, highest)


def covered_ms(rows: Iterable[PeriodStatistics], start_ms: int, end_ms: int) -> int:
    """Time within the limits that the rows cover, counted once where they overlap (a boot that was dated twice)."""
    covered = 0
    reached = start_ms
    for row in sorted(rows, key=lambda row: row.start_ms):
        covered += max(0, min(row.end_ms, end_ms) - max(row.start_ms, reached))
        reached = max(reached, row.end_ms)
    return covered
