"""The bounded queue between the gateway and the broker's socket. Full: the oldest message is dropped and counted."""

import asyncio
from collections import deque

from gateway.counters import Counters


class OutgoingQueue:
    def __init__(self, limit: int, counters: Counters) -> None:
        self._limit = limit
        self._counters = counters
        self._messages: deque[tuple[str, bytes]] = deque()
        self._to_send = asyncio.Event()

    def put(self, name: str, payload: bytes) -> None:
        if len(self._messages) >= self._limit:
            self._messages.popleft()
            self._counters.add("messages.unsent")
        self._messages.append((name, payload))
        self._to_send.set()

    async def get(self, most: int) -> list[tuple[str, bytes]]:
        """(name, payload) of the oldest ones, at least one: waits for it."""
        while not self._messages:
            self._to_send.clear()
            await self._to_send.wait()
        return [self._messages.popleft() for _ in range(min(most, len(self._messages)))]

    def drop_all(self) -> None:
        self._counters.add("messages.unsent", len(self._messages))
        self._messages.clear()
