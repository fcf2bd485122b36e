"""What virtual parts on a UART of their own have in common: a supply, what they heard, what waits to be sent. Knows nothing of bytes."""

import random
from abc import ABC, abstractmethod
from collections import deque

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.ground_truth import GroundTruth
from hil_tests.sensors.scenario import Scenario


class SuppliedPart(GroundTruth, ABC):
    """Starts at the first moment it is shown with its supply on. A subclass says what it does at a start and with the bytes it hears."""

    def __init__(self, scenario: Scenario, *, seed: int = 0, faults: Faults | None = None) -> None:
        super().__init__()
        self.scenario = scenario
        self.rejected = 0
        self._faults = faults or Faults(seed)
        self._wander = random.Random(seed)
        self._powered = True
        self._started_ms: int | None = None
        self._inbox = bytearray()
        self._outbox: deque[tuple[float, bytes]] = deque()  # from when on it may be sent

    def power(self, on: bool) -> None:
        """The supply. On again, it starts as from new, at the next moment it is shown."""
        if on and not self._powered:
            self._started_ms = None
        self._powered = on

    def handle(self, data: bytes, now_ms: int) -> None:
        if self._powered:
            self._begin(now_ms)
            self._hear(data, now_ms)

    def next_action(self, now_ms: int) -> bytes | None:
        if not self._powered:
            return None
        self._begin(now_ms)
        if self._outbox:
            return self._outbox.popleft()[1] if self._outbox[0][0] <= now_ms else None
        due_ms = self._stream_due_ms()
        return self._streamed(now_ms) if due_ms is not None and now_ms >= due_ms else None

    def next_due(self) -> float | None:
        if not self._powered:
            return None
        if self._started_ms is None:
            return 0
        return self._outbox[0][0] if self._outbox else self._stream_due_ms()

    def _begin(self, now_ms: int) -> None:
        if self._started_ms is None:
            self._started_ms = now_ms
            self._inbox.clear()
            self._outbox.clear()
            self._start(now_ms)

    @abstractmethod
    def _start(self, now_ms: int) -> None:
        """As from new."""

    @abstractmethod
    def _hear(self, data: bytes, now_ms: int) -> None: ...

    def _stream_due_ms(self) -> float | None:
        """When it next says something by itself; None while it does not."""
        return None

    def _streamed(self, now_ms: int) -> bytes | None:
        """What it then says."""
        return None


class CommandedPart(SuppliedPart):
    """One that takes commands from what it heard and answers each at once, or not at all."""

    def _hear(self, data: bytes, now_ms: int) -> None:
        self._inbox += data
        while (command := self._next_command()) is not None:
            answer = self._obey(command, now_ms)
            if answer is not None:
                self._outbox.append((0, answer))

    def _taken(self, start: bytes, size: int) -> bytes | None:
        """The next `size` bytes that begin with `start`, still in the inbox; what is before them is dropped."""
        at = self._inbox.find(start)
        if at < 0:
            del self._inbox[: max(0, len(self._inbox) - len(start) + 1)]
            return None
        del self._inbox[:at]
        return bytes(self._inbox[:size]) if len(self._inbox) >= size else None

    @abstractmethod
    def _next_command(self) -> bytes | None:
        """The next whole and true one; it and what is before it are gone from the inbox."""

    @abstractmethod
    def _obey(self, command: bytes, now_ms: int) -> bytes | None: ...
