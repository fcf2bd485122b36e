"""What a reading adds to a window, and what a window says: one pair of functions per kind of rule.

Everything added is an integer, so that a window can be moved by adding and subtracting and never drifts, and so that the order in which
reports come in cannot matter.
"""

from typing import NamedTuple

from air.calibration.apply import EXTRAPOLATED, Reading
from air.rules.rule import PERCENT_SCALE, RATIO_SCALE, Rule
from contract import quality

# Places in the sums: time covered, of it saturated and extrapolated, readings, and up to four sums of the kind, all weighted by time.
MS, SATURATED_MS, EXTRAPOLATED_MS, N, A, B, C, D = range(8)
NOTHING = (0, 0, 0, 0, 0, 0, 0, 0)
LEVELS = ("level", "episode")


Sums = tuple[int, int, int, int, int, int, int, int]


class Part(NamedTuple):
    """What one period adds."""

    sums: Sums
    high: int
    low: int


class Verdict(NamedTuple):
    """`value` and `limit` on the rule's scale. Both wants are False where the data do not suffice: nothing is turned by ignorance."""

    value: int
    limit: int
    wants_raise: bool
    wants_clear: bool


UNKNOWN = Verdict(0, 0, False, False)


def part(rule: Rule, reading: Reading, under: Reading | None, end_ms: int, duration_ms: int) -> Part | None:
    """None where the reading says nothing for this rule: missing data."""
    if rule.kind == "health":
        is_bad = reading.quality in rule.qualities
        return Part((duration_ms, 0, 0, max(reading.n, 1), duration_ms if is_bad else 0, 0, 0, 0), 0, 0)
    numbers = _numbers(rule, reading)
    if numbers is None:
        return None
    mean, low, high = numbers
    saturated = duration_ms if reading.quality == quality.SATURATED else 0
    extrapolated = duration_ms if reading.reason in EXTRAPOLATED and not rule.is_raw else 0
    sums = _sums(rule, mean, under, end_ms - duration_ms // 2, duration_ms)
    return None if sums is None else Part((duration_ms, saturated, extrapolated, reading.n, *sums), high, low)


def _sums(rule: Rule, mean: int, under: Reading | None, middle_ms: int, ms: int) -> tuple[int, int, int, int] | None:
    if rule.kind == "rate":
        return ms * middle_ms, ms * mean, ms * middle_ms * middle_ms, ms * middle_ms * mean
    if rule.kind == "ratio":
        below = None if under is None else _numbers(rule, under)
        return None if below is None else (mean * ms, below[0] * ms, 0, 0)
    if rule.statistic == "share":
        return ms if mean >= rule.above else 0, 0, 0, 0
    return mean * ms, 0, 0, 0


def _numbers(rule: Rule, reading: Reading) -> tuple[int, int, int] | None:
    """(mean, least, greatest) as far as this kind of rule trusts them. The end of a part's range is at least its number: a level counts
    it. A column that the node already found stuck is what a stuck rule looks for."""
    code = reading.quality
    trusted = (
        code in quality.USABLE or (code == quality.SATURATED and rule.kind in LEVELS) or (code == quality.STUCK and rule.kind == "stuck")
    )
    if not trusted:
        return None
    if rule.is_raw:
        raw = reading.raw
        return (raw[4], raw[5], raw[6]) if len(raw) == 7 else None
    if reading.mean is None or reading.minimum is None or reading.maximum is None:
        return None
    return reading.mean, reading.minimum, reading.maximum


def verdict(rule: Rule, sums: Sums, high: int, low: int, baseline: int | None) -> Verdict:
    """Of a window that has data enough. Raises ValueError for a kind that has no way to be judged here."""
    if rule.kind == "stuck":
        # Zero is never stuck: clean air may read nothing for hours.
        spread = high - low
        is_stuck = spread <= rule.raise_at and high != 0
        return Verdict(spread, rule.raise_at, is_stuck, not is_stuck)
    if rule.kind == "rate":
        slope = _slope(rule, sums)
        return UNKNOWN if slope is None else _above(rule, slope, rule.raise_at, rule.clear_at)
    if rule.kind == "ratio":
        return _ratio(rule, _rounded(sums[A], sums[MS]), max(1, _rounded(sums[B], sums[MS])))
    if rule.kind == "episode":
        return UNKNOWN if baseline is None else _ratio(rule, _rounded(sums[A], sums[MS]), max(1, baseline), sums[SATURATED_MS] > 0)
    if rule.kind not in ("level", "health"):
        raise ValueError(f"no way to judge a rule of the kind {rule.kind}")
    if rule.kind == "health" or rule.statistic == "share":
        value = _rounded(100 * PERCENT_SCALE * sums[A], sums[MS])
    elif rule.statistic == "max":
        value = high
    else:
        value = _rounded(sums[A], sums[MS])
    return _above(rule, value, rule.raise_at, rule.clear_at, sums[SATURATED_MS] > 0)


def _above(rule: Rule, value: int, raise_at: int, clear_at: int, is_at_least: bool = False) -> Verdict:
    wants_raise = value >= raise_at
    return Verdict(value, raise_at, wants_raise, not wants_raise and value <= clear_at and not is_at_least)


def _ratio(rule: Rule, level: int, below: int, is_at_least: bool = False) -> Verdict:
    value = _rounded(level * RATIO_SCALE, below)
    wants_raise = value >= rule.raise_at and level >= rule.least
    wants_clear = not wants_raise and (value <= rule.clear_at or level < rule.least) and not is_at_least
    return Verdict(value, rule.raise_at, wants_raise, wants_clear)


def _slope(rule: Rule, sums: Sums) -> int | None:
    """Least squares through the means, weighted by time, per minute or hour; None of a single period."""
    spread = sums[MS] * sums[C] - sums[A] * sums[A]
    if spread == 0:
        return None
    return _rounded((sums[MS] * sums[D] - sums[A] * sums[B]) * rule.per_ms, spread)


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
