"""The chart: which quantities and spans it offers, and its lines. Asks no clock and no database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from contract.faults import MISSING, Fault
from fleet.errors import InvalidError
from fleet.pages import words
from fleet.pages.wording import Wording
from fleet.record.chart_means import Steps
from fleet.record.latest import NodeLatest

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# More lines than this nobody tells apart.
MOST_NODES = 24
MOST_STEPS = 400
MOST_SPAN_MS = 366 * DAY_MS
# Steps that a clock shows.
_STEPS_MS = (10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, DAY_MS)
# A pause of all lines that is longer than this many of their usual distances is shown as one.
_LONG = 2.5


def _(message: str) -> str:
    return message


OWN = "own"
SPANS = {"1h": _("last hour"), "24h": _("24 hours"), "7d": _("7 days"), OWN: _("from – to")}
_LENGTHS_MS = {"1h": HOUR_MS, "24h": DAY_MS, "7d": 7 * DAY_MS}


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    label: str


def choices(latest: Iterable[NodeLatest], wording: Wording) -> list[Choice]:
    """The quantities that any node has ever measured, those that people look for first at the top."""
    present = {channel.quantity for of_node in latest for channel in of_node.channels}
    return [Choice(key, wording.quantity(key)) for key in words.CHART_ORDER if key in present]


def steps(span: str, from_ms: int | None, to_ms: int | None, now_ms: int) -> Steps:
    """On whole steps, so that a moving span does not shift every point of the chart. Raises InvalidError."""
    if span not in SPANS:
        raise InvalidError(Fault(("span",), "one of " + ", ".join(SPANS), span))
    if span != OWN:
        from_ms, to_ms = now_ms - _LENGTHS_MS[span], now_ms
    if from_ms is None or to_ms is None:
        raise InvalidError(Fault(("from_ms",), "from_ms and to_ms, in ms, with span=own", MISSING))
    length_ms = to_ms - from_ms
    if not 0 < length_ms <= MOST_SPAN_MS:
        raise InvalidError(Fault(("to_ms",), f"later than from_ms, by at most {MOST_SPAN_MS // DAY_MS} days", to_ms))
    step_ms = next(step_ms for step_ms in _STEPS_MS if length_ms <= MOST_STEPS * step_ms)
    return Steps(from_ms // step_ms * step_ms, -(-to_ms // step_ms) * step_ms, step_ms)


def chart_lines(lines: Mapping[tuple[str, int], Mapping[int, float]]) -> tuple[list[float], list[tuple[str, list[float | None]]]]:
    """(times in s, [(label, values)]) on one axis, as uPlot wants it: None where a line has no point. Where all of them pause there is a
    time without any value."""
    several = {node for node, slot in lines if sum(other == node for other, _ in lines) > 1}
    starts = sorted({start_ms for line in lines.values() for start_ms in line})
    distances = sorted(later - earlier for earlier, later in pairwise(starts))
    usual = distances[len(distances) // 2] if distances else 0
    pauses = [earlier + usual for earlier, later in pairwise(starts) if later - earlier > _LONG * usual]
    times = sorted(starts + pauses)
    named = [(f"{node} · {slot}" if node in several else node, line) for (node, slot), line in lines.items()]
    return [t / 1000 for t in times], [(label, [_rounded(line.get(t)) for t in times]) for label, line in named]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
