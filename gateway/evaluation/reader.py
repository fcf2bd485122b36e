"""Reports out of the buffer for the rules: dated, calibrated, and only those that some rule is about. Runs on the writer thread.

Called within the commit of each group, so that a report is judged without another wait for the disk's thread. No error in here may reach
that commit: what cannot be read is reported as a fault, and everything else is read.
"""

import sqlite3
from collections import deque
from typing import NamedTuple

import msgspec

from air.calibration.apply import Calibrations
from air.rules.facts import Report
from air.rules.rule_set import is_history
from gateway.evaluation.backlog import Waiting
from gateway.items import Row
from gateway.store.items.rows import newest_id
from gateway.store.site.dating import Dated
from gateway.store.site.evaluation_records import reports
from gateway.store.store import Store
from gateway.time.site_time import SiteTime

_AT_ONCE = 4000
_MOST_FAULTS = 100


class Found(NamedTuple):
    """What came up to `seen_id`. `afresh`: the buffer is a new file."""

    waiting: list[Waiting]
    seen_id: int
    afresh: bool


class _Channels(msgspec.Struct):
    ch: list[list[int]]


_CHANNELS = msgspec.json.Decoder(_Channels)


class Reader:
    """`found` is filled by the writer thread and emptied by the event loop, and so are the faults: the newest stay."""

    def __init__(self, site: SiteTime) -> None:
        self._site = site
        self._concerned: frozenset[str] = frozenset()
        self._calibrations = Calibrations([])
        self._read_id: int | None = None
        self.found: deque[Found] = deque()
        self._faults: deque[str] = deque(maxlen=_MOST_FAULTS)

    def begin(self, concerned: frozenset[str], calibrations: Calibrations, after_id: int) -> None:
        """On the writer thread: from here on, and only about these."""
        self._concerned, self._calibrations, self._read_id = concerned, calibrations, after_id
        self.found.clear()

    def read(self, store: Store, now_ms: int) -> None:
        """Everything new since the last call; what the disk does not give now comes with the next."""
        try:
            self._read(store, now_ms)
        except sqlite3.Error as error:
            self._faults.append(f"reports not read: {error}")

    def take_faults(self) -> list[str]:
        return [self._faults.popleft() for _ in range(len(self._faults))]

    def _read(self, store: Store, now_ms: int) -> None:
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

    def maybe_report(self, row: Row, dated: Dated) -> Report | None:
        """None, and a fault, for one that cannot be read or calibrated."""
        try:
            readings = self._calibrations.apply(row.node, dated.start_ms, _CHANNELS.decode(row.body).ch)
        except Exception as error:  # noqa: BLE001 - the edge of a report: counted and logged by the caller of take_faults
            self._faults.append(f"{row.node} boot {row.boot} seq {row.seq} not judged: {type(error).__name__}: {error}")
            return None
        # The node's time is this gateway's, so what this clock may be wrong by is in it and in every other report alike.
        error_ms = max(0, dated.error_ms - self._site.now().error_ms)
        return Report(row.node, row.boot, row.seq, dated.start_ms, row.duration_ms, error_ms, readings)

    def _judged(self, store: Store, rows: list[tuple[int, Row]], now_ms: int) -> list[Waiting]:
        waiting = []
        for id_, row in rows:
            if row.node not in self._concerned:
                continue
            dated = store.clocks.date(row)
            if is_history(dated.start_ms + row.duration_ms, now_ms):
                continue
            report = self.maybe_report(row, dated)
            if report is not None:
                waiting.append(Waiting(id_, report, row.arrived_ms))
        return waiting
