"""The nodes of the district with their newest values, read once for all who look at it within a moment: whatever they search for, in
whichever language, on whichever page.

What is committed after a reading began is in the next one, whenever it is dated.
"""

from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Connection

from fleet.clock import Clock
from fleet.record import latest, node_list
from fleet.record.latest import NodeLatest
from fleet.record.node_list import NodeView

KEPT_MS = 1000


@dataclass(frozen=True, slots=True)
class CurrentNodes:
    """at_ms: when it was read; ages are as of then."""

    at_ms: int
    nodes: list[NodeView]
    latest: list[NodeLatest]


class CurrentNodesReader:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._kept: CurrentNodes | None = None
        self._until_ms = 0

    def read(self, connection: Connection) -> CurrentNodes:
        """Not older than KEPT_MS. Of those who ask at once one reads, and the others wait for it."""
        with self._lock:
            began_ms = self._clock.monotonic_ms()
            if self._kept is None or began_ms >= self._until_ms:
                now_ms = self._clock.utc_ms()
                self._kept = CurrentNodes(now_ms, node_list.nodes(connection), latest.latest(connection, now_ms))
                self._until_ms = began_ms + KEPT_MS
            return self._kept
