"""All series of one rule: by subject, and by the node whose reports move their time. Bounded over all rules of a site."""

from collections.abc import Callable, Iterator

from air.rules.calendar import Offset
from air.rules.facts import Report, Subject
from air.rules.phase import CLOSED, Phase
from air.rules.rule import Rule
from air.rules.series import Series

MAX_SERIES = 5000  # of a site, over all its rules


class SeriesLimit:
    """How many more series a site may begin; one limit for all its rules."""

    def __init__(self, most: int = MAX_SERIES) -> None:
        self._left = most

    def take(self) -> bool:
        if self._left <= 0:
            return False
        self._left -= 1
        return True


class RuleSeries:
    """`sources`: how many nodes fill each window together. `takes_one`: whether the site's limit allows one series more."""

    def __init__(self, rule: Rule, sources: int, offset_ms: Offset, takes_one: Callable[[], bool]) -> None:
        self._rule = rule
        self._sources = sources
        self._offset_ms = offset_ms
        self._takes_one = takes_one
        self._whole_from_ms = 0
        self._series: dict[Subject, Series] = {}
        self._by_node: dict[str, list[Series]] = {}

    def __iter__(self) -> Iterator[Series]:
        return iter(self._series.values())

    def get(self, subject: Subject) -> Series | None:
        return self._series.get(subject)

    def get_or_begin(self, subject: Subject) -> Series | None:
        """None when the site has too many."""
        series = self._series.get(subject)
        return self.begin(subject) if series is None else series

    def begin(self, subject: Subject, settled: Phase = CLOSED) -> Series | None:
        if not self._takes_one():
            return None
        series = Series(self._rule, subject, self._sources, self._offset_ms, settled)
        series.whole_from_ms = self._whole_from_ms
        self._series[subject] = series
        self._by_node.setdefault(subject.node, []).append(series)
        return series

    def whole_from(self, utc_ms: int) -> None:
        self._whole_from_ms = utc_ms
        for series in self:
            series.whole_from_ms = utc_ms

    def concerned(self, report: Report) -> list[Series]:
        """Those whose time goes on with that report, whether or not it has a value for them. A series of the whole site has node ""."""
        if 2 * report.error_ms > self._rule.window_ms:
            return []
        return self._by_node.get("" if self._rule.is_site else report.node, [])
