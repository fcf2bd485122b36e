"""Many reports of one boot made into one summary, and summaries into a longer one: what a full buffer keeps of its oldest reports.

A summary is the particulars of an event (key "summary"):

    node, boot          whose reports they were
    from, to, reports   least and greatest sequence number among them, and how many they were
    uptime_ms           uptime at the start of the earliest
    start_ms, error_ms  UTC of that start, and the worst bound of the error of any of their dates
    duration_ms         from that start to the end of the last
    ch                  [slot, quantity, quality, periods, covered_ms, n] with mean, min, max behind it where n is above 0

One row stands for each quality of each channel, so that nothing is mixed: an hour with 300 good periods, 40 of warm-up and 20 without
a reply has three rows. Means are pooled by n and rounded half up, floor((2 * sum + n) / (2 * n)), as in periods.py; joining
summaries rounds once more, which moves a mean by at most one step of its scale. The order of joining never matters but for that.

Refuses to know databases, clocks and messages.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from air.statistics.periods import REQUIRED_COMPLETENESS, PeriodStatistics, Summary, merge
from contract import quality
from contract.quantities import BY_ID
from contract.site.qualities import KEYS as QUALITIES
from contract.site.shapes import MAX_SCALED, MAX_SLOT
from contract.topics import is_node_id
from contract.values import MAX_INT, MAX_SEQ, is_boot, is_int

SUMMARY_EVENT = "summary"
# Of one event, so that with the longest numbers it still fits into a message (contract.messages.MAX_MESSAGE_BYTES).
MAX_ROWS = 80
LONGEST_MS = 2 * 86_400_000

_NUMBERS = {
    "from": MAX_SEQ,
    "to": MAX_SEQ,
    "reports": MAX_INT,
    "uptime_ms": MAX_INT,
    "start_ms": MAX_INT,
    "error_ms": MAX_INT,
    "duration_ms": LONGEST_MS,
}


class Period(NamedTuple):
    """One report, dated. `channels` as the report has them."""

    seq: int
    uptime_ms: int
    start_ms: int
    error_ms: int
    duration_ms: int
    channels: Sequence[Sequence[int]]


class ChannelValue(NamedTuple):
    """What a summary says of one channel over its whole time: as of a report of that duration."""

    slot: int
    quantity: int
    quality: int
    summary: Summary | None


class Pool:
    """Takes reports and summaries of one boot; gives the summary of all of them."""

    def __init__(self, node: str, boot: str) -> None:
        self.node = node
        self.boot = boot
        self.reports = 0
        self._first, self._last = MAX_SEQ, 0
        self._uptime_ms, self._start_ms, self._end_ms, self._error_ms = MAX_INT, MAX_INT, 0, 0
        # (slot, quantity, quality) -> periods, covered ms, n, n * mean summed, least, greatest
        self._rows: dict[tuple[int, int, int], list[int]] = {}

    def add(self, period: Period) -> None:
        self._extend(period.seq, period.seq, 1, period.uptime_ms, period.start_ms, period.error_ms, period.duration_ms)
        for row in period.channels:
            values = row[3:] if len(row) == 7 else (0, 0, MAX_SCALED, -MAX_SCALED)
            self._add_row((row[0], row[1], row[2]), 1, period.duration_ms, *values)

    def add_summary(self, particulars: dict[str, Any]) -> None:
        """Of the same boot, in the shape above."""
        p = particulars
        self._extend(p["from"], p["to"], p["reports"], p["uptime_ms"], p["start_ms"], p["error_ms"], p["duration_ms"])
        for row in p["ch"]:
            values = row[5:] if row[5] else (0, 0, MAX_SCALED, -MAX_SCALED)
            self._add_row((row[0], row[1], row[2]), row[3], row[4], *values)

    def summaries(self) -> list[dict[str, Any]]:
        """Nearly always one; more where the rows do not fit into one: then each has its share of the rows, the first all the reports."""
        rows = [_row(key, sums) for key, sums in sorted(self._rows.items())]
        parts = [rows[at : at + MAX_ROWS] for at in range(0, len(rows), MAX_ROWS)] or [[]]
        return [self._particulars(part, self.reports if at == 0 else 0) for at, part in enumerate(parts)]

    def _extend(self, first: int, last: int, reports: int, uptime_ms: int, start_ms: int, error_ms: int, duration_ms: int) -> None:
        self.reports += reports
        self._first, self._last = min(self._first, first), max(self._last, last)
        self._uptime_ms, self._start_ms = min(self._uptime_ms, uptime_ms), min(self._start_ms, start_ms)
        self._end_ms, self._error_ms = max(self._end_ms, start_ms + duration_ms), max(self._error_ms, error_ms)

    def _add_row(self, key: tuple[int, int, int], periods: int, covered_ms: int, n: int, mean: int, least: int, greatest: int) -> None:
        sums = self._rows.get(key)
        if sums is None:
            self._rows[key] = [periods, covered_ms, n, n * mean, least, greatest]
            return
        sums[0] += periods
        sums[1] += covered_ms
        sums[2] += n
        sums[3] += n * mean
        if least < sums[4]:
            sums[4] = least
        if greatest > sums[5]:
            sums[5] = greatest

    def _particulars(self, rows: list[list[int]], reports: int) -> dict[str, Any]:
        return {
            "node": self.node, "boot": self.boot, "from": self._first, "to": self._last, "reports": reports, "uptime_ms": self._uptime_ms,
            "start_ms": self._start_ms, "error_ms": self._error_ms, "duration_ms": self._end_ms - self._start_ms, "ch": rows,
        }  # fmt: skip


def is_summary(particulars: dict[str, Any]) -> bool:
    """Whether these are particulars of the shape above; their author does not matter."""
    p = particulars
    if not isinstance(p.get("node"), str) or not is_node_id(p["node"]) or not is_boot(p.get("boot")) or not isinstance(p.get("ch"), list):
        return False
    if not all(is_int(p.get(key), 0, greatest) for key, greatest in _NUMBERS.items()) or p["from"] > p["to"]:
        return False
    return len(p["ch"]) <= MAX_ROWS and all(map(_is_row, p["ch"]))


def channel_values(particulars: dict[str, Any]) -> list[ChannelValue]:
    """One for each channel, judged as aggregation.merge judges; "few_samples" where usable periods cover too little of the whole time."""
    by_channel: dict[tuple[int, int], list[PeriodStatistics]] = {}
    for row in particulars["ch"]:
        summary = Summary(*row[5:]) if row[5] else None
        by_channel.setdefault((row[0], row[1]), []).append(PeriodStatistics(0, row[4], row[2], summary))
    needed_ms = REQUIRED_COMPLETENESS * particulars["duration_ms"]
    return [ChannelValue(slot, quantity, *_judged(rows, needed_ms)) for (slot, quantity), rows in by_channel.items()]


def _judged(rows: Iterable[PeriodStatistics], needed_ms: float) -> tuple[int, Summary | None]:
    rows = list(rows)
    whole = merge(rows)
    covered_ms = sum(row.duration_ms for row in rows if row.quality in quality.USABLE)
    code = quality.FEW_SAMPLES if whole.quality == quality.OK and covered_ms < needed_ms else whole.quality
    return code, whole.summary


def _row(key: tuple[int, int, int], sums: list[int]) -> list[int]:
    periods, covered_ms, n, total, least, greatest = sums
    values = [(2 * total + n) // (2 * n), least, greatest] if n else []
    return [*key, periods, covered_ms, n, *values]


def _is_row(row: object) -> bool:
    if not isinstance(row, list) or len(row) not in (6, 9) or not all(is_int(number, -MAX_INT, MAX_INT) for number in row):
        return False
    slot, quantity, code, periods, covered_ms, n = row[:6]
    if not 0 <= slot <= MAX_SLOT or quantity not in BY_ID or code not in QUALITIES or periods < 1 or covered_ms < 0 or n < 0:
        return False
    if (n > 0) != (len(row) == 9) or (n > 0 and code not in quality.VALUED) or (n == 0 and code in quality.USABLE):
        return False
    return n == 0 or bool(-MAX_SCALED <= row[7] <= row[6] <= row[8] <= MAX_SCALED)
