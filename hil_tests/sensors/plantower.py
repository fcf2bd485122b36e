"""A part of the Plantower family as it behaves on its UART (9600 8N1), from the PMS5003 manual V2.3 and captures. Not a decoder.

    data      42 4D | length 2 | words: PM1, 2.5, 10 "CF=1"; PM1, 2.5, 10 "atmospheric"; what the model has besides | sum 2
    command   42 4D | command 1 | data 2 | sum 2
    answer    42 4D | 00 04 | command 1 | data 1 | sum 2
    sum: of all bytes before it, modulo 65536; words big-endian.

Streams after power-on and wake (a frame every 2.3 s in still air, every 200 to 800 ms when the level moves), needs 30 s until its
values count, does not keep passive mode over sleep. Survives: noise, torn and wrong commands (`rejected` counts resynchronisations).
Not modelled: the time that bytes take on the wire, the SET and RESET pins.
"""

import math
import struct

from hil_tests.sensors import plantower_models
from hil_tests.sensors.faults import Faults
from hil_tests.sensors.plantower_models import MASSES_AND_COUNTS as COLUMNS
from hil_tests.sensors.scenario import Scenario
from hil_tests.sensors.supplied import CommandedPart

START = b"\x42\x4d"
COMMAND_BYTES = 7
MODE, READ, SLEEP_WAKE = 0xE1, 0xE2, 0xE4

WARM_UP_MS = 30_000
FIRST_FRAME_MS = 1_000
STABLE_INTERVAL_MS = 2_300
MOVING_INTERVALS_MS = (800, 200)
# Change of PM2.5 within a second at which the stream quickens, and at which it is quickest; the manual gives no figures.
MOVING_UGM3 = (0.5, 10.0)
# The manual does not tell its error codes; any that is not 0 is an error.
ERROR_WITHOUT_VALUE = 0x01


def with_sum(data: bytes) -> bytes:
    return data + struct.pack(">H", sum(data) & 0xFFFF)


def data_frame(words: list[int], firmware: int, error: int) -> bytes:
    """32 bytes from the 12 words in the order of COLUMNS."""
    return frame_of([*words, firmware << 8 | error])


def frame_of(words: list[int]) -> bytes:
    return with_sum(START + struct.pack(f">{len(words) + 1}H", 2 * len(words) + 2, *words))


def answer(command: int, data: int) -> bytes:
    return with_sum(START + struct.pack(">HBB", 4, command, data))


def frame_interval_ms(change_ugm3: float) -> float:
    """Pause after a frame, by how far PM2.5 moved within the last second."""
    slow, quick = MOVING_UGM3
    if not change_ugm3 >= slow:  # also when it is not a number
        return STABLE_INTERVAL_MS
    share = min(1.0, (change_ugm3 - slow) / (quick - slow))
    return MOVING_INTERVALS_MS[0] + (MOVING_INTERVALS_MS[1] - MOVING_INTERVALS_MS[0]) * share


class Plantower(CommandedPart):
    """`model`, `firmware` and `error` are what the frames are made of and may be changed at any time: another model is another part
    in its place. Obeys the fault "stuck". `acknowledges`: whether commands are answered at all, as those of clones are not.
    acknowledges_wake: whether a wake command is answered as the others are; the public sources leave it open."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        model: str = "pms5003",
        seed: int = 0,
        firmware: int = 0x97,
        error: int = 0,
        faults: Faults | None = None,
        acknowledges_wake: bool = True,
    ) -> None:
        super().__init__(scenario, seed=seed, faults=faults)
        self.model = model
        self.acknowledges = True
        self.firmware = firmware
        self.error = error
        self.acknowledges_wake = acknowledges_wake
        self.commands = dict.fromkeys((MODE, READ, SLEEP_WAKE), 0)
        self._frozen: dict[str, float] | None = None
        self._awake = False
        self._active = False
        self._frame_due_ms = 0.0

    @property
    def settled_ms(self) -> int | None:
        """When the warm-up ends or ended; None while off, asleep or not yet seen by the host."""
        return None if self._started_ms is None or not self._awake or not self._powered else self._started_ms + WARM_UP_MS

    def _start(self, now_ms: int) -> None:
        self._wake(now_ms)

    def _wake(self, now_ms: int) -> None:
        self._awake = True
        self._active = True
        self._started_ms = now_ms
        self._frame_due_ms = now_ms + FIRST_FRAME_MS

    def _stream_due_ms(self) -> float | None:
        return self._frame_due_ms if self._awake and self._active else None

    def _next_command(self) -> bytes | None:
        while (command := self._taken(START, COMMAND_BYTES)) is not None:
            if command == with_sum(command[:-2]):
                del self._inbox[:COMMAND_BYTES]
                return command
            self.rejected += 1
            del self._inbox[:1]
        return None

    def _obey(self, command: bytes, now_ms: int) -> bytes | None:
        code, data = command[2], command[4]
        if code not in self.commands or not (self._awake or (code == SLEEP_WAKE and data == 1)):
            return None
        self.commands[code] += 1
        if code == READ:
            return self._streamed(now_ms) if not self._active and plantower_models.can_be_asked(self.model) else None
        if code == MODE:
            self._set_mode(data == 1, now_ms)
        elif data == 0:
            self._awake = False
        elif not self._awake:
            self._wake(now_ms)
        is_answered = self.acknowledges and (code != SLEEP_WAKE or data == 0 or self.acknowledges_wake)
        return answer(code, data) if is_answered else None

    def _set_mode(self, active: bool, now_ms: int) -> None:
        if active and not self._active:
            self._frame_due_ms = now_ms + MOVING_INTERVALS_MS[1]
        self._active = active

    def _streamed(self, now_ms: int) -> bytes:
        values = self._shown(now_ms)
        self._frame_due_ms = now_ms + self._interval_ms(now_ms)
        unknown = [key for key, value in values.items() if math.isnan(value)]
        words, told = plantower_models.encoded(self.model, values)
        self.log.add(now_ms, told)
        error = self.error or (ERROR_WITHOUT_VALUE if unknown else 0)
        return frame_of(plantower_models.with_firmware(self.model, words, self.firmware << 8 | error))

    def _shown(self, now_ms: int) -> dict[str, float]:
        truth = {key: self.scenario.value(key, now_ms) for key in plantower_models.keys(self.model)}
        if not self._faults.strikes("stuck", now_ms):
            self._frozen = truth
        shown = self._frozen if self._frozen is not None else truth
        if self.settled_ms is None or now_ms >= self.settled_ms:
            return shown
        # Always above the truth: a reader who takes values of the warm-up for good is found out.
        factor, offset = self._wander.uniform(1.3, 2.5), self._wander.uniform(5, 40)
        return {key: value * factor + offset if key in COLUMNS else value for key, value in shown.items()}

    def _interval_ms(self, now_ms: int) -> float:
        if self.settled_ms is not None and now_ms < self.settled_ms:
            return MOVING_INTERVALS_MS[0]
        if self._faults.level("stuck", now_ms):
            return STABLE_INTERVAL_MS
        key = "pm2_5_atm"
        return frame_interval_ms(abs(self.scenario.value(key, now_ms) - self.scenario.value(key, now_ms - 1000)))
