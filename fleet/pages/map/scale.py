"""Classes of values, each with a colour of its own on the map. Asks no clock and no database."""

from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass
from math import floor, log10

from air.index import pm2_5
from fleet.record.hour_means import DUST

# The colours of the public index stand for its classes; other quantities have a row of as many tones.
EVEN = ("tone-1", "tone-2", "tone-3", "tone-4", "tone-5", "tone-6")
_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """breaks: the greatest value of each class but the last, ascending. classes: one more than breaks, the names of their colours.
    is_index: whether they are those of the public index."""

    breaks: tuple[float, ...]
    classes: tuple[str, ...]
    is_index: bool = False

    def class_of(self, value: float) -> str:
        """The public index judges whole numbers, so its own function says which."""
        return pm2_5.band(value) if self.is_index else self.classes[bisect_left(self.breaks, value)]


def scale_of(quantity: str, values: Collection[float]) -> Scale:
    """values: all that the scale has to tell apart."""
    if quantity in DUST:
        return Scale(pm2_5.BREAKS, pm2_5.CLASSES, is_index=True)
    if not values:
        return Scale((), EVEN[:1])
    low, high = min(values), max(values)
    step = _step((high - low) / len(EVEN) or abs(high) / len(EVEN) or 1.0)
    first = floor(low / step) + 1
    breaks = tuple(round((first + index) * step, 9) for index in range(len(EVEN) - 1))
    return Scale(breaks, EVEN)


def _step(least: float) -> float:
    """The next number from there on that people count in."""
    power: float = 10.0 ** floor(log10(least))
    return power * next(one for one in _ROUND if one * power >= least * (1 - 1e-9))
