"""Means over steps of a quantity for several nodes, made in the database: for pictures of long spans. Who needs completeness, extremes or
reasons asks for a series (series.py).
"""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from contract import quality, quantities
from contract.faults import Fault
from fleet.errors import InvalidError
from fleet.record import windows
from fleet.record.tables import value
from fleet.record.windows import Window

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
    held = windows.of_nodes(connection, code, nodes)
    having = sorted({window.node for window in held})
    shown = having[:most]
    lines: dict[tuple[str, int], dict[int, float]] = {}
    for window in held:
        if window.node in shown:
            line = lines.setdefault((window.node, window.slot), {})
            line.update(_means(connection, window, code, steps))
    return Means(quantities.unit(code), shown, len(having), {key: line for key, line in sorted(lines.items()) if line})


def _means(connection: Connection, window: Window, code: int, steps: Steps) -> dict[int, float]:
    first_ms = max(steps.from_ms, window.from_ms)
    last_ms = steps.to_ms if window.to_ms is None else min(steps.to_ms, window.to_ms)
    number = ((value.c.start_ms + value.c.duration_ms // 2 - steps.from_ms) // steps.step_ms).label("number")
    weight = value.c.duration_ms * 1.0
    mean = func.sum(value.c.mean * weight) / func.sum(weight)
    query = select(number, mean.label("mean")).where(
        value.c.series_id == window.series_id, value.c.start_ms >= first_ms, value.c.start_ms < last_ms,
        value.c.quality.in_(quality.USABLE), value.c.mean.is_not(None),
    )  # fmt: skip
    scale = quantities.scale(code)
    rows = connection.execute(query.group_by("number"))  # by its name: a database sees two expressions in one with parameters
    return {steps.from_ms + row.number * steps.step_ms: row.mean / scale for row in rows}
