"""What a measurement is. Measures nothing and judges nothing: targets and texts are in definitions.py. Pure."""

from typing import NamedTuple


class Measured(NamedTuple):
    """One measured value, named as in definitions.py. `reference` is its limit or peer, measured in the same run, in the same unit."""

    name: str
    value: float
    reference: float | None = None

    @property
    def ratio(self) -> float | None:
        """Value over reference; None without a reference."""
        return None if self.reference is None else self.value / self.reference


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie, by linear interpolation between neighbours; the list must not be empty."""
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
