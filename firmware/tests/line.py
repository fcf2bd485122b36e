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

    def uptime_ms(self) -> int:
        return self.now

    async def readinto(self, view: memoryview, timeout_ms: int) -> int:
        end = self.now + timeout_ms
        while True:
            self._collect()
            if self._waiting:
                n = min(len(view), len(self._waiting))
                view[:n] = self._waiting[:n]
                self._waiting = self._waiting[n:]
                return n
            due = self.peer.next_due()
            if due is None or due > end:
                self.now = end
                return 0
            self.now = max(self.now, due)

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


def run_until(driver: object, line: Line, end_ms: int) -> None:
    """Turns of the driver until the line's clock has reached end_ms."""

    async def turns() -> None:
        while line.now < end_ms:
            await driver.turn()

    asyncio.run(turns())
