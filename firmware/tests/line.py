# A serial line in memory, with a clock of its own: the interface of node.port.Port. Time passes only while somebody waits on it, so
# a test of a day takes a moment and never sleeps. What hangs on it is a peer: handle(bytes, now), next_due(), next_action(now).

import asyncio

CHARACTER_US = 1042


class Line:
    def __init__(self, peer: object, start_ms: int = 0):
        self.peer = peer
        self.now = start_ms
        self.character_us = CHARACTER_US
        self.heard = []  # what the driver has said: (time, bytes)
        self._waiting = b""
        self._end = start_ms

    def uptime_ms(self) -> int:
        return self.now

    def expect(self, timeout_ms: int) -> None:
        self._end = self.now + timeout_ms

    def next_pause(self) -> int:
        self._collect()
        if self._waiting or self.now >= self._end:
            return 0
        due = self.peer.next_due()
        return max(1, (self._end if due is None else min(due, self._end)) - self.now)

    async def pause(self, ms: int) -> None:
        self.now += ms

    def read(self, view: memoryview) -> int:
        n = min(len(view), len(self._waiting))
        view[:n] = self._waiting[:n]
        self._waiting = self._waiting[n:]
        return n

    async def readinto(self, view: memoryview, timeout_ms: int) -> int:
        self.expect(timeout_ms)
        while (pause := self.next_pause()) > 0:
            await self.pause(pause)
        return self.read(view)

    def write_now(self, data: bytes) -> int:
        return 0

    async def write(self, data: bytes) -> bool:
        self.now += (len(data) * self.character_us + 999) // 1000
        self.heard.append((self.now, data))
        self.peer.handle(data, self.now)
        return True

    def _collect(self) -> None:
        data = self.peer.next_action(self.now)
        while data is not None:
            self._waiting += data
            data = self.peer.next_action(self.now)


class _Over(Exception):
    pass


def run_until(driver: object, line: Line, end_ms: int) -> None:
    """Turns of the driver until the line's clock has reached end_ms."""

    def beat() -> None:
        if line.now >= end_ms:
            raise _Over

    async def turns() -> None:
        try:
            await driver.run(beat)
        except _Over:
            pass

    asyncio.run(turns())
