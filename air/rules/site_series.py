"""All series of a site: by rule and subject, and by the node whose reports move their time. Bounded."""

from collections.abc import Callable, Iterator

from air.rules.calendar import Offset
from air.rules.facts import Report, Subject
from air.rules.phase import CLOSED, Phase
from air.rules.rule import Rule
from air.rules.series import Series

MAX_SERIES = 5000


class SiteSeries:
    """`sources_of`: how many nodes fill the windows of a rule together."""

    def __init__(self, sources_of: Callable[[Rule], int], offset_ms: Offset) -> None:
        self._sources_of = sources_of
        self._offset_ms = offset_ms
        self._whole_from_ms = 0
        self._series: dict[tuple[int, Subject], Series] = {}
        self._of_node: dict[str, list[Series]] = {"": []}  # by the node of their subject

    def __iter__(self) -> Iterator[Series]:
        return iter(self._series.values())

    def get(self, key: tuple[int, Subject]) -> Series | None:
        return self._series.get(key)

    def get_or_begin(self, rule: Rule, subject: Subject) -> Series | None:
        """None when there are too many."""
        series = self._series.get((rule.order, subject))
        if series is None and len(self._series) < MAX_SERIES:
            series = self.begin(rule, subject)
        return series

    def begin(self, rule: Rule, subject: Subject, settled: Phase = CLOSED) -> Series:
        series = Series(rule, subject, self._sources_of(rule), self._offset_ms, settled)
        series.whole_from_ms = self._whole_from_ms
        self._series[rule.order, subject] = series
        self._of_node.setdefault(subject.node, []).append(series)
        return series

    def whole_from(self, utc_ms: int) -> None:
        self._whole_from_ms = utc_ms
        for series in self:
            series.whole_from_ms = utc_ms

    def concerned(self, report: Report) -> Iterator[Series]:
        """Those whose time goes on with that report, whether or not it has a value for them."""
        for series in (*self._of_node.get(report.node, ()), *self._of_node[""]):
            nodes = series.rule.nodes
            if 2 * report.error_ms <= series.rule.window_ms and (not nodes or report.node in nodes):
                yield series
