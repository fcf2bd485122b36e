"""A part on its line: bytes from the board in, bytes to the board out, damaged on the way. Knows nothing of descriptors or clocks."""

from collections import deque
from typing import Protocol

from hil_tests.sensors.faults import Faults

LIMIT_PIECES = 1024


class Device(Protocol):
    """A virtual part. Times are bench time in ms; `next_due` None means "only when asked"."""

    def handle(self, data: bytes, now_ms: int) -> None: ...
    def next_action(self, now_ms: int) -> bytes | None: ...
    def next_due(self) -> float | None: ...
    def power(self, on: bool) -> None: ...


class Pipe:
    """One direction: chunks in, pieces out when their time has come. At the limit a new piece is lost and counted."""

    def __init__(self, faults: Faults | None) -> None:
        self._faults = faults
        self._pieces: deque[tuple[float, bytes]] = deque()
        self.lost_pieces = 0

    def put(self, chunk: bytes, now_ms: int) -> None:
        pieces = self._faults.damage(chunk, now_ms) if self._faults else [(float(now_ms), chunk)]
        for piece in pieces:
            if len(self._pieces) < LIMIT_PIECES:
                self._pieces.append(piece)
            else:
                self.lost_pieces += 1

    def take(self, now_ms: int) -> bytes | None:
        if self._pieces and self._pieces[0][0] <= now_ms:
            return self._pieces.popleft()[1]
        return None

    def next_due(self) -> float | None:
        return self._pieces[0][0] if self._pieces else None


class Line:
    """faults: on what the part sends.   request_faults: on what the board sends."""

    def __init__(self, device: Device, faults: Faults | None = None, request_faults: Faults | None = None) -> None:
        self.device = device
        self.to_board = Pipe(faults)
        self.from_board = Pipe(request_faults)

    def handle(self, data: bytes, now_ms: int) -> None:
        self.from_board.put(data, now_ms)

    def next_action(self, now_ms: int) -> bytes | None:
        """Bytes for the board to receive now."""
        while (request := self.from_board.take(now_ms)) is not None:
            self.device.handle(request, now_ms)
        while (chunk := self.device.next_action(now_ms)) is not None:
            self.to_board.put(chunk, now_ms)
        return self.to_board.take(now_ms)

    def next_due(self) -> float | None:
        dues = (self.from_board.next_due(), self.device.next_due(), self.to_board.next_due())
        return min((due for due in dues if due is not None), default=None)
