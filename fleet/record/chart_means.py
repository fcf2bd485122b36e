"""Means over steps of a quantity for several nodes, made in the database: for pictures of long spans. Who needs completeness, extremes or
reasons asks for a series (series.py).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from contract import quality, quantities
from contract.faults import Fault
from fleet.errors import InvalidError
from fleet.record import windows
from fleet.record.tables import value
from fleet.record.windows import Window
from fleet.store.dialect import read_packed

# A report is in the step in which its middle lies, as in series.py.


@dataclass(frozen=True, slots=True)
class Steps:
    """from_ms and to_ms lie on whole steps."""

    from_ms: int
    to_ms: int
    step_ms: int


@dataclass(frozen=True, slots=True)
class Means:
    """lines: by (node, slot), the start of a step and the mean of its usable values. all_nodes: that have the quantity."""

    unit: str
    nodes: list[str]
    all_nodes: int
    lines: dict[tuple[str, int], dict[int, float]]


def read(connection: Connection, quantity: str, nodes: list[str], most: int, steps: Steps) -> Means:
    """nodes: none: the first ones by name that have the quantity, at most `most`. Raises InvalidError on an unknown quantity."""
    if quantity not in quantities.ID:
        raise InvalidError(Fault(("quantity",), "one of " + ", ".join(quantities.ID), quantity))
    code = quantities.ID[quantity]
    # A district has a thousand nodes, a chart a few: of the others only the names are read.
    having = sorted(windows.names_of_nodes(connection, code, nodes))
    shown = having[:most]
    held = [window for window in windows.of_nodes(connection, code, shown) if nodes or window.deployed_to_ms is None]
    scale = quantities.scale(code)
    sums: dict[tuple[str, int], dict[int, tuple[float, float]]] = {}
    for (from_ms, to_ms), by_series in _stretches(held, steps).items():
        for series_id, number, total, weight in read_packed(connection, _sums(by_series.keys(), from_ms, to_ms, steps)):
            at_ms = steps.from_ms + number * steps.step_ms
            for window in by_series[series_id]:
                line = sums.setdefault((window.node, window.slot), {})
                # A node that went to another place within the step has a part of it in either series.
                total_before, weight_before = line.get(at_ms, (0.0, 0.0))
                line[at_ms] = total_before + total, weight_before + weight
    lines = {key: {at_ms: total / weight / scale for at_ms, (total, weight) in line.items()} for key, line in sorted(sums.items())}
    return Means(quantities.unit(code), shown, len(having), lines)


def _stretches(held: Iterable[Window], steps: Steps) -> dict[tuple[int, int], dict[int, list[Window]]]:
    """By the part of the span in which they are held: windows by their series. They are few: most nodes stay where they are."""
    found: dict[tuple[int, int], dict[int, list[Window]]] = {}
    for window in held:
        from_ms = max(steps.from_ms, window.from_ms)
        to_ms = steps.to_ms if window.to_ms is None else min(steps.to_ms, window.to_ms)
        if from_ms < to_ms:
            found.setdefault((from_ms, to_ms), {}).setdefault(window.series_id, []).append(window)
    return found


def _sums(series: Collection[int], from_ms: int, to_ms: int, steps: Steps) -> Select[Any]:
    """By series and number of the step: the means of its periods by their durations, summed, and the durations."""
    number = ((value.c.start_ms + value.c.duration_ms // 2 - steps.from_ms) // steps.step_ms).label("number")
    weight = value.c.duration_ms * 1.0
    total = func.sum(value.c.mean * weight).label("total")
    query = select(value.c.series_id, number, total, func.sum(weight).label("weight")).where(
        value.c.series_id.in_(series), value.c.start_ms >= from_ms, value.c.start_ms < to_ms,
        value.c.quality.in_(quality.USABLE), value.c.mean.is_not(None),
    )  # fmt: skip
    return query.group_by(value.c.series_id, "number")  # by its name: a database sees two expressions in one with parameters
