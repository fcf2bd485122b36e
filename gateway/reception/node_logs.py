"""Log lines of nodes on their way to the fleet: kept in memory only, bounded; the oldest goes first. Nobody is promised one."""

import asyncio
from collections import deque
from typing import Any

from contract.site import device_api_keys as keys
from gateway.counters import Counters
from gateway.intake.intake import LogLine

_AT_ONCE = 200


class NodeLogs:
    def __init__(self, limit: int, counters: Counters) -> None:
        self._limit = limit
        self._counters = counters
        self._lines: deque[dict[str, Any]] = deque()
        self.waiting = asyncio.Event()

    def add(self, line: LogLine, arrived_ms: int) -> None:
        self._counters.add("logs.received")
        if len(self._lines) >= self._limit:
            self._counters.add("logs.dropped")
            if self._lines:
                self._lines.popleft()
        if self._limit:
            self._lines.append({keys.AT_MS: arrived_ms, keys.NODE: line.node, keys.LEVEL: "info", keys.TEXT: line.text})
            self.waiting.set()

    def pop_batch(self) -> list[dict[str, Any]]:
        """The oldest ones; the caller drops them when it cannot send them."""
        part = [self._lines.popleft() for _ in range(min(_AT_ONCE, len(self._lines)))]
        if not self._lines:
            self.waiting.clear()
        return part

    def dropped(self, count: int) -> None:
        self._counters.add("logs.dropped", count)
