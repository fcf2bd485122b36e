"""Reports that wait to be judged: in their order while few of them are late, else what was measured just now first. Pure.

Judged before what is older, a report may raise an alarm that the older ones would not have: so a start after a kill, which judges the last
reports again, keeps their order. A node that delivers days at once must not hold up an alarm: then they wait.

Bounded: beyond `most` the oldest late ones go unjudged, counted; they are in the record all the same.
"""

from collections import deque
from typing import NamedTuple

from air.rules.facts import Report

LIVE_MS = 60_000
# Late ones that hold up what was measured just now: some hundredths of a second.
MOST_IN_ORDER = 256


class Waiting(NamedTuple):
    """`id`: of the item in the buffer."""

    id: int
    report: Report
    arrived_ms: int


class Backlog:
    def __init__(self, most: int) -> None:
        self._most = most
        self._live: deque[Waiting] = deque()
        self._late: deque[Waiting] = deque()
        self.unjudged = 0
        self.seen_id = 0

    def __len__(self) -> int:
        return len(self._live) + len(self._late)

    def put(self, waiting: list[Waiting], seen_id: int, now_ms: int) -> None:
        """`seen_id`: everything up to this id has been put in, or does not matter."""
        for one in waiting:
            end_ms = one.report.start_ms + one.report.duration_ms
            (self._live if end_ms >= now_ms - LIVE_MS else self._late).append(one)
        self.seen_id = seen_id
        while len(self) > self._most:
            (self._late or self._live).popleft()
            self.unjudged += 1

    def next(self) -> Waiting | None:
        if self._late and (not self._live or (len(self._late) <= MOST_IN_ORDER and self._late[0].id < self._live[0].id)):
            return self._late.popleft()
        return self._live.popleft() if self._live else None

    def cursor(self) -> int:
        """Everything up to this id has been judged, or does not matter. Ids grow within each of the two."""
        waiting = [part[0].id for part in (self._live, self._late) if part]
        return min(waiting) - 1 if waiting else self.seen_id
