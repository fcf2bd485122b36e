"""The air that the virtual sensors breathe: a function of quantity and time. Knows nothing of sensors, bytes or clocks.

Quantities go by the keys and units of the contract's table, and "co2" in ppm. A curve is asked with the time since the scenario's start.
What a scenario does not describe follows from what it does (SHARES), else it is steady at its default (DEFAULTS).
Not a number means "cannot be measured now"; what a part makes of that is its own affair.
"""

import csv
import math
import random
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Protocol

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

DEFAULTS = {"pm2_5_atm": 35.0, "formaldehyde": 38.0, "tvoc": 209.0, "temperature": 21.5, "humidity": 48.2, "co2": 451.0}

# key: (key it follows, factor). The columns differ everywhere, so that a reader who takes the wrong one is found out.
SHARES = {
    "pm1_atm": ("pm2_5_atm", 0.6),
    "pm10_atm": ("pm2_5_atm", 1.6),
    "pm1_cf1": ("pm1_atm", 1.25),
    "pm2_5_cf1": ("pm2_5_atm", 1.25),
    "pm10_cf1": ("pm10_atm", 1.25),
    "pm1_mass": ("pm2_5_mass", 0.6),
    "pm2_5_mass": ("pm2_5_atm", 1.1),
    "pm4_mass": ("pm2_5_mass", 1.2),
    "pm10_mass": ("pm10_atm", 1.1),
    "count_upto_0_5": ("pm2_5_atm", 100.0),
    "count_upto_1_0": ("pm2_5_atm", 120.0),
    "count_upto_2_5": ("pm2_5_atm", 125.0),
    "count_upto_4_0": ("pm2_5_atm", 126.0),
    "count_upto_10": ("pm2_5_atm", 126.5),
    "typical_size": ("pm2_5_atm", 0.01),
    "count_0_3": ("pm2_5_atm", 180.0),
    "count_0_5": ("pm2_5_atm", 54.0),
    "count_1_0": ("pm2_5_atm", 9.0),
    "count_2_5": ("pm2_5_atm", 0.9),
    "count_5_0": ("pm2_5_atm", 0.3),
    "count_10": ("pm2_5_atm", 0.1),
}

# PM1 <= PM2.5 <= PM10 holds in every column, whatever the curves say: PM2.5 leads.
Bound = Callable[[float, float], float]
ORDER: dict[str, tuple[str, Bound]] = {}
for _column in ("atm", "cf1", "mass"):
    ORDER[f"pm1_{_column}"] = (f"pm2_5_{_column}", min)
    ORDER[f"pm10_{_column}"] = (f"pm2_5_{_column}", max)


class Curve(Protocol):
    def at(self, t_ms: float) -> float: ...


@dataclass(frozen=True)
class Steady:
    value: float

    def at(self, t_ms: float) -> float:
        return self.value


@dataclass(frozen=True)
class Daily:
    """A cosine over the day of UTC (for a scenario that starts at 0), greatest at `peak_hour`."""

    mean: float
    amplitude: float
    peak_hour: float = 0.0

    def at(self, t_ms: float) -> float:
        return self.mean + self.amplitude * math.cos(2 * math.pi * (t_ms / HOUR_MS - self.peak_hour) / 24)


@dataclass(frozen=True)
class Episode:
    """Base until `start_ms`, straight up to the peak in `ramp_ms`, there for `hold_ms`, then back: half in every `half_life_ms`."""

    base: float
    peak: float
    start_ms: float = 60_000
    ramp_ms: float = 60_000
    hold_ms: float = 120_000
    half_life_ms: float = 60_000

    def at(self, t_ms: float) -> float:
        since = t_ms - self.start_ms
        if since < self.ramp_ms:
            share = max(0.0, since) / self.ramp_ms
        else:
            share = 0.5 ** (max(0.0, since - self.ramp_ms - self.hold_ms) / self.half_life_ms)
        return self.base + (self.peak - self.base) * share


@dataclass(frozen=True)
class Noisy:
    """Another curve, with an even spread of +-amplitude that changes every `step_ms`; the same for the same seed and time."""

    curve: Curve
    amplitude: float
    seed: int
    step_ms: int = 1000

    def at(self, t_ms: float) -> float:
        spread = random.Random(f"{self.seed}:{int(t_ms // self.step_ms)}").uniform(-1, 1)
        return self.curve.at(t_ms) + self.amplitude * spread


@dataclass(frozen=True)
class Replay:
    """Recorded points (ms since the first, value), straight lines between them, the first before and the last after them.
    Towards a point that is not a number the last value holds; from there to the next number the curve is not a number."""

    points: Sequence[tuple[float, float]]
    _times: list[float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_times", [t for t, _ in self.points])
        if not self.points or any(b <= a for a, b in pairwise(self._times)):
            raise ValueError("a replay needs points, in rising time")

    def at(self, t_ms: float) -> float:
        index = bisect_right(self._times, t_ms)
        if index == 0:
            return self.points[0][1]
        t0, left = self.points[index - 1]
        if index == len(self.points):
            return left
        t1, right = self.points[index]
        if math.isnan(left) or math.isnan(right):
            return left
        return left + (right - left) * (t_ms - t0) / (t1 - t0)


class Scenario:
    """Curves by quantity key, from `start_ms` (bench time, ms) on."""

    def __init__(self, curves: Mapping[str, Curve] | None = None, start_ms: float = 0) -> None:
        self.curves = dict(curves or {})
        self.start_ms = start_ms

    def value(self, key: str, t_ms: float) -> float:
        """In the quantity's unit; not a number when it cannot be measured now. Raises KeyError on a key that nothing describes."""
        value = self._described(key, t_ms)
        if key in ORDER:
            leader, bound = ORDER[key]
            value = bound(value, self.value(leader, t_ms))  # own value first: min and max then keep it beside a leader that is nan
        return value

    def _described(self, key: str, t_ms: float) -> float:
        if key in self.curves:
            return self.curves[key].at(t_ms - self.start_ms)
        if key in SHARES:
            other, factor = SHARES[key]
            return factor * self.value(other, t_ms)
        return DEFAULTS[key]


def steady(**values: float) -> Scenario:
    """steady(pm2_5_atm=35, tvoc=209): the same for ever."""
    return Scenario({key: Steady(value) for key, value in values.items()})


def daily(seed: int = 0) -> Scenario:
    """A city's ordinary day, local noon at 4:00 UTC: dust in the morning, warmth in the afternoon, a little noise."""
    return Scenario(
        {
            "pm2_5_atm": Noisy(Daily(45, 25, peak_hour=0), 3, seed),
            "tvoc": Noisy(Daily(220, 90, peak_hour=11), 8, seed + 1),
            "temperature": Noisy(Daily(18, 6, peak_hour=6), 0.2, seed + 2),
            "humidity": Noisy(Daily(55, 15, peak_hour=20), 0.5, seed + 3),
        }
    )


def episode(start_ms: float) -> Scenario:
    """Clean air, then smoke: the curves' own times count from `start_ms`."""
    return Scenario({"pm2_5_atm": Episode(20, 260), "tvoc": Episode(150, 900)}, start_ms)


def replay(
    path: Path,
    columns: Mapping[str, str],
    start_ms: float,
    *,
    time_column: str = "time_local",
    only: tuple[str, str] | None = None,
    gaps: str = "hold",
    speed: float = 1.0,
) -> Scenario:
    """A recording, its first row at `start_ms`, played `speed` times as fast as it was made.

    columns: quantity key to column name, already in the quantity's unit.   time_column: ISO 8601, rising.
    only: (column, value) of the rows to take.   gaps: an empty field means "hold" (the last number; at the beginning the
    first) or "fault" (not a number). Raises ValueError naming row and column, KeyError on an unknown column.
    """
    if gaps not in ("hold", "fault"):
        raise ValueError(f"gaps {gaps!r}: hold or fault")
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if only is None or row[only[0]] == only[1]]
    if not rows:
        raise ValueError(f"{path}: no rows")
    moments = [datetime.fromisoformat(row[time_column]) for row in rows]
    times = [(moment - moments[0]).total_seconds() * 1000 / speed for moment in moments]
    curves = {}
    for key, column in columns.items():
        values = [_number(row[column], f"row {index + 1}, {column}") for index, row in enumerate(rows)]
        curves[key] = Replay(list(zip(times, _held(values, column) if gaps == "hold" else values)))
    return Scenario(curves, start_ms)


def _number(text: str, where: str) -> float:
    try:
        return float(text) if text.strip() else math.nan
    except ValueError:
        raise ValueError(f"{where}: {text!r} is not a number") from None


def _held(values: list[float], column: str) -> list[float]:
    numbers = [value for value in values if not math.isnan(value)]
    if not numbers:
        raise ValueError(f"{column}: nothing to hold, every field is empty")
    last = numbers[0]
    held = []
    for value in values:
        last = last if math.isnan(value) else value
        held.append(last)
    return held
