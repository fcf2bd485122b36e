"""What virtual parts have in common that stream once a second until told otherwise: sleep, warm-up, the truth in steps of the wire.
Knows nothing of bytes."""

import math
from abc import abstractmethod

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.scenario import Scenario
from hil_tests.sensors.supplied import CommandedPart

WARM_UP_MS = 30_000
INTERVAL_MS = 1_000


class StreamingPart(CommandedPart):
    """`acknowledges`: whether commands are answered, may be changed at any time. Obeys the fault "stuck"; what cannot be
    measured shows what was before, as these parts have no way to say so. A subclass says how a command is
    taken from the inbox and obeyed, and what a measured frame is."""

    def __init__(self, scenario: Scenario, keys: tuple[str, ...], *, seed: int = 0, faults: Faults | None = None) -> None:
        super().__init__(scenario, seed=seed, faults=faults)
        self.keys = keys
        self.acknowledges = True
        self.awake = False
        self.streams = True
        self._frozen: dict[str, float] | None = None
        self._frame_due_ms = 0

    @property
    def settled_ms(self) -> int | None:
        """When the warm-up ends or ended; None while off, asleep or not yet seen by the host."""
        return None if self._started_ms is None or not self.awake or not self._powered else self._started_ms + WARM_UP_MS

    def _start(self, now_ms: int) -> None:
        self._wake(now_ms)

    def _wake(self, now_ms: int) -> None:
        self.awake = True
        self._started_ms = now_ms
        self._frame_due_ms = now_ms + INTERVAL_MS

    def _stream_due_ms(self) -> float | None:
        return self._frame_due_ms if self.awake and self.streams else None

    def _streamed(self, now_ms: int) -> bytes | None:
        self._frame_due_ms = now_ms + INTERVAL_MS
        return self._frame(now_ms)

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
    def _frame(self, now_ms: int) -> bytes: ...
