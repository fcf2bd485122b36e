"""What a figure must reach: a limit on its value or on its ratio to the reference of the same run. Pure."""

from typing import NamedTuple

from hil_tests.bench.figures import Measured

MET, MISSED, STATED = "met", "missed", "stated"


class Target(NamedTuple):
    """`least`: the limit is a lower one. `of_ratio`: it is on value over reference. `or_more`: so much above the reference will do."""

    limit: float
    least: bool = False
    of_ratio: bool = False
    or_more: float | None = None

    def met(self, measured: Measured) -> bool:
        """`ValueError` for a ratio whose reference was not measured."""
        compared = measured.ratio if self.of_ratio else measured.value
        if compared is None:
            raise ValueError(f"{measured.name}: a target on a ratio, and no reference")
        if self.or_more is not None and measured.reference is not None and measured.value <= measured.reference + self.or_more:
            return True
        return compared >= self.limit if self.least else compared <= self.limit

    def __str__(self) -> str:
        text = f"{'ratio ' if self.of_ratio else ''}at {'least' if self.least else 'most'} {self.limit:g}"
        return text if self.or_more is None else f"{text}, or {self.or_more:g} more"


def at_most(limit: float) -> Target:
    return Target(limit)


def at_least(limit: float) -> Target:
    return Target(limit, least=True)


def ratio_at_most(limit: float, or_more: float | None = None) -> Target:
    return Target(limit, of_ratio=True, or_more=or_more)


def ratio_at_least(limit: float) -> Target:
    return Target(limit, least=True, of_ratio=True)


def status(measured: Measured, target: Target | None) -> str:
    """Of a figure: one without a target is stated only."""
    if target is None:
        return STATED
    return MET if target.met(measured) else MISSED
