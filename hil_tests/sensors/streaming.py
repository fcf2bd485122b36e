"""What virtual parts have in common that stream once a second until they are told otherwise: supply, sleep, warm-up, what waits to be sent.
Knows nothing of bytes."""

import math
import random
from abc import ABC, abstractmethod
from collections import deque

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.scenario import Scenario
from hil_tests.sensors.told import Teller

WARM_UP_MS = 30_000
INTERVAL_MS = 1_000


class StreamingPart(Teller, ABC):
    """`acknowledges`: whether commands are answered, may be changed at any time. Obeys the fault "stuck"; what cannot be
    measured shows what was before, as these parts have no way to say so. A subclass says how a command is
    taken from the inbox and obeyed, and what a measured frame is."""

    def __init__(self, scenario: Scenario, keys: tuple[str, ...], *, seed: int = 0, faults: Faults | None = None) -> None:
        super().__init__()
        self.scenario = scenario
        self.keys = keys
        self.acknowledges = True
        self.awake = False
        self.streams = True
        self.rejected = 0
        self._faults = faults or Faults(seed)
        self._wander = random.Random(seed)
        self._frozen: dict[str, float] | None = None
        self._powered = True
        self._inbox = bytearray()
        self._outbox: deque[bytes] = deque()
        self._frame_due_ms = 0
        self._started_ms: int | None = None

    @property
    def settled_ms(self) -> int | None:
        """When the warm-up ends or ended; None while off, asleep or not yet seen by the host."""
        return None if self._started_ms is None or not self.awake or not self._powered else self._started_ms + WARM_UP_MS

    def power(self, on: bool) -> None:
        """The supply. On again, it starts as from new, at the next moment it is shown."""
        if on and not self._powered:
            self._started_ms = None
        self._powered = on

    def handle(self, data: bytes, now_ms: int) -> None:
        if not self._powered:
            return
        self._begin(now_ms)
        self._inbox += data
        while (command := self._next_command()) is not None:
            reply = self._obey(command, now_ms)
            if reply is not None:
                self._outbox.append(reply)

    def next_action(self, now_ms: int) -> bytes | None:
        if not self._powered:
            return None
        self._begin(now_ms)
        if self._outbox:
            return self._outbox.popleft()
        if self._speaks(now_ms) and now_ms >= self._frame_due_ms:
            self._frame_due_ms = now_ms + INTERVAL_MS
            return self._streamed(now_ms)
        return None

    def next_due(self) -> float | None:
        if not self._powered:
            return None
        if self._started_ms is None or self._outbox:
            return 0
        return self._frame_due_ms if self.awake and self.streams else None

    def _begin(self, now_ms: int) -> None:
        if self._started_ms is None:
            self._inbox.clear()
            self._outbox.clear()
            self._on_power()
            self._wake(now_ms)

    def _wake(self, now_ms: int) -> None:
        self.awake = True
        self._started_ms = now_ms
        self._frame_due_ms = now_ms + INTERVAL_MS

    def _speaks(self, now_ms: int) -> bool:
        return self.awake and self.streams

    def _on_power(self) -> None:
        """What the part forgets without power."""

    def _taken(self, start: bytes, size: int) -> bytes | None:
        """The next `size` bytes that begin with `start`, still in the inbox; what is before them is dropped."""
        at = self._inbox.find(start)
        if at < 0:
            del self._inbox[: max(0, len(self._inbox) - len(start) + 1)]
            return None
        del self._inbox[:at]
        return bytes(self._inbox[:size]) if len(self._inbox) >= size else None

    def _measured(self, now_ms: int, steps_per_unit: int) -> dict[str, int]:
        """Steps of the wire by key, told in units: the truth, above it while warming up."""
        truth = {key: self.scenario.value(key, now_ms) for key in self.keys}
        if not self._faults.strikes("stuck", now_ms) and not any(math.isnan(value) for value in truth.values()):
            self._frozen = truth
        shown = self._frozen if self._frozen is not None else dict.fromkeys(self.keys, 0.0)
        if self.settled_ms is not None and now_ms < self.settled_ms:
            factor, offset = self._wander.uniform(1.3, 2.5), self._wander.uniform(5, 40)
            shown = {key: value * factor + offset for key, value in shown.items()}
        steps = {key: max(0, min(0xFFFF, int(value * steps_per_unit + 0.5))) for key, value in shown.items()}
        self.log.add(now_ms, {key: step / steps_per_unit for key, step in steps.items()})
        return steps

    @abstractmethod
    def _next_command(self) -> bytes | None: ...

    @abstractmethod
    def _obey(self, command: bytes, now_ms: int) -> bytes | None: ...

    @abstractmethod
    def _streamed(self, now_ms: int) -> bytes: ...
