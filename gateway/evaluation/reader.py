"""Reports out of the buffer for the rules: dated, calibrated, and only those that some rule is about. Runs on the writer thread.

Called within the commit of each group, so that a report is judged without another wait for the disk's thread.
"""

from collections import deque
from typing import NamedTuple

import msgspec

from air.calibration import Calibrations
from air.rules.facts import Report
from gateway.evaluation.backlog import Waiting
from gateway.evaluation.watches import LATE_MS
from gateway.intake.items import Row
from gateway.site_time import SiteTime
from gateway.store.dating import Dated
from gateway.store.evaluation_records import newest_id, reports
from gateway.store.store import Store

_AT_ONCE = 4000


class Found(NamedTuple):
    """What came up to `seen_id`. `afresh`: the buffer is another file than before."""

    waiting: list[Waiting]
    seen_id: int
    afresh: bool


class _Channels(msgspec.Struct):
    ch: list[list[int]]


_CHANNELS = msgspec.json.Decoder(_Channels)


class Reader:
    """`found` is filled by the writer thread and emptied by the event loop."""

    def __init__(self, site: SiteTime) -> None:
        self._site = site
        self._concerned: frozenset[str] = frozenset()
        self._calibrations = Calibrations([])
        self._read_id: int | None = None
        self.found: deque[Found] = deque()

    def begin(self, concerned: frozenset[str], calibrations: Calibrations, after_id: int) -> None:
        """On the writer thread: from here on, and only about these."""
        self._concerned, self._calibrations, self._read_id = concerned, calibrations, after_id
        self.found.clear()

    def read(self, store: Store, now_ms: int) -> None:
        """Everything new since the last call."""
        if self._read_id is None:
            return
        newest, afresh = newest_id(store.connection), False
        if newest < self._read_id:
            self._read_id, afresh = 0, True
        while self._read_id < newest:
            rows = reports(store.connection, self._read_id, newest, _AT_ONCE) if self._concerned else []
            self._read_id = rows[-1][0] if len(rows) == _AT_ONCE else newest
            self.found.append(Found(self._judged(store, rows, now_ms), self._read_id, afresh))
            afresh = False

    def report(self, row: Row, dated: Dated) -> Report:
        channels = _CHANNELS.decode(row.body).ch
        readings = self._calibrations.apply(row.node, dated.start_ms, channels)
        # The node's time is this gateway's, so what this clock may be wrong by is in it and in every other report alike.
        error_ms = max(0, dated.error_ms - self._site.now().error_ms)
        return Report(row.node, row.boot, row.seq, dated.start_ms, row.duration_ms, error_ms, readings)

    def _judged(self, store: Store, rows: list[tuple[int, Row]], now_ms: int) -> list[Waiting]:
        waiting = []
        for id_, row in rows:
            if row.node not in self._concerned:
                continue
            dated = store.clocks.date(row)
            if dated.start_ms + row.duration_ms >= now_ms - LATE_MS:
                waiting.append(Waiting(id_, self.report(row, dated), row.arrived_ms))
        return waiting
