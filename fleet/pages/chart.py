"""The chart: which quantities and spans it offers, and its lines. Asks no clock and no database."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

from contract.faults import MISSING, Fault
from fleet.errors import InvalidError
from fleet.pages import words
from fleet.pages.wording import Wording
from fleet.record.chart_means import Steps

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# More lines than this nobody tells apart.
MOST_NODES = 24
MOST_STEPS = 400
# What is stored are reports, so a long span of many nodes is dear: so many days of one node, or a day of so many.
MOST_NODE_DAYS = 7 * MOST_NODES
# Of an answer: some of its steps, but no more than a minute.
_LASTS_STEPS = 0.5
_LASTS_MOST_MS = 60_000
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


@dataclass(frozen=True, slots=True)
class Asked:
    """is_cut: the span was longer than longest_ms, and only its end is shown."""

    steps: Steps
    longest_ms: int
    is_cut: bool

    @property
    def is_long(self) -> bool:
        """So that it may take a while."""
        return self.steps.to_ms - self.steps.from_ms > DAY_MS + 2 * self.steps.step_ms

    @property
    def lasts_ms(self) -> int:
        """How long an answer is as good as a new one."""
        return min(_LASTS_MOST_MS, int(_LASTS_STEPS * self.steps.step_ms))


def choices(present: Collection[str], wording: Wording) -> list[Choice]:
    """The quantities that there are, those that people look for first at the top."""
    return [Choice(key, wording.quantity(key)) for key in words.CHART_ORDER if key in present]


def asked(span: str, from_ms: int | None, to_ms: int | None, now_ms: int, nodes: int) -> Asked:
    """On whole steps, so that a moving span does not shift every point of the chart. nodes: how many are named, 0 for none. Raises
    InvalidError."""
    if span not in SPANS:
        raise InvalidError(Fault(("span",), "one of " + ", ".join(SPANS), span))
    if span != OWN:
        from_ms, to_ms = now_ms - _LENGTHS_MS[span], now_ms
    if from_ms is None or to_ms is None:
        raise InvalidError(Fault(("from_ms",), "from_ms and to_ms, in ms, with span=own", MISSING))
    if from_ms >= to_ms:
        raise InvalidError(Fault(("to_ms",), "later than from_ms", to_ms))
    longest_ms = MOST_NODE_DAYS // (nodes or MOST_NODES) * DAY_MS
    length_ms = min(to_ms - from_ms, longest_ms)
    step_ms = next(step_ms for step_ms in _STEPS_MS if length_ms <= MOST_STEPS * step_ms)
    steps = Steps((to_ms - length_ms) // step_ms * step_ms, -(-to_ms // step_ms) * step_ms, step_ms)
    return Asked(steps, longest_ms, to_ms - from_ms > longest_ms)


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
