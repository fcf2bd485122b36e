"""A Tera NextPM on its UART (115200 8E1), from the public sources that nextpm.py of the firmware names. Not a decoder.

    question  81 | command | check
    answer    81 | command | state | data | check     check: the sum of all bytes is 0 modulo 256

Command 11: averages of 10 s, words N1 N2.5 N10 PM1 PM2.5 PM10, masses in tenths of ug/m3. 15: runs, or stops. 16: state. 17: version.
A part that is stopped answers 11 with its state. Not modelled: the heater, the averages (it shows the air of the moment).
"""

import math

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.scenario import Scenario
from hil_tests.sensors.supplied import CommandedPart

DATA, TOGGLE, STATE, VERSION = 0x11, 0x15, 0x16, 0x17
QUESTION_BYTES = 3
STOPPED, NOT_READY = 0x01, 0x04
READY_MS = 15_000
WARM_UP_MS = 30_000
COLUMNS = ("pm1_mass", "pm2_5_mass", "pm10_mass")


def with_check(body: bytes) -> bytes:
    return body + bytes((-sum(body) % 256,))


class NextPm(CommandedPart):
    """`faults_told` are the bits 1 and 3 to 7 of the state. Obeys the fault "stuck"."""

    def __init__(self, scenario: Scenario, *, seed: int = 0, version: int = 0x1047, faults: Faults | None = None) -> None:
        super().__init__(scenario, seed=seed, faults=faults)
        self.version = version
        self.faults_told = 0
        self.toggles = 0
        self.stopped = False
        self._frozen: dict[str, float] | None = None

    @property
    def settled_ms(self) -> int | None:
        """When the warm-up ends or ended; None while off, stopped or not yet seen by the host."""
        return None if self._started_ms is None or self.stopped or not self._powered else self._started_ms + WARM_UP_MS

    def _start(self, now_ms: int) -> None:
        self.stopped = False

    def _next_command(self) -> bytes | None:
        while len(self._inbox) >= QUESTION_BYTES:
            heard = bytes(self._inbox[:QUESTION_BYTES])
            is_known = heard[0] == 0x81 and sum(heard) % 256 == 0 and heard[1] in (DATA, TOGGLE, STATE, VERSION)
            del self._inbox[: QUESTION_BYTES if is_known else 1]
            if is_known:
                return heard
        return None

    def _obey(self, command: bytes, now_ms: int) -> bytes:
        return self._answer(command[1], now_ms)

    def _answer(self, command: int, now_ms: int) -> bytes:
        if command == TOGGLE:
            self.toggles += 1
            self.stopped = not self.stopped
            self._started_ms = now_ms
        state = self._state(now_ms)
        if command == VERSION:
            return with_check(bytes((0x81, VERSION, state)) + self.version.to_bytes(2, "big"))
        if command == DATA and not self.stopped:
            return self._measured(state, now_ms)
        return with_check(bytes((0x81, TOGGLE if command == TOGGLE else STATE, state)))

    def _state(self, now_ms: int) -> int:
        ready = self._started_ms is not None and now_ms >= self._started_ms + READY_MS
        return self.faults_told | (STOPPED if self.stopped else 0) | (0 if ready or self.stopped else NOT_READY)

    def _measured(self, state: int, now_ms: int) -> bytes:
        truth = {key: self.scenario.value(key, now_ms) for key in COLUMNS}
        if self._frozen is None or not self._faults.strikes("stuck", now_ms):
            self._frozen = truth
        settled = self.settled_ms is not None and now_ms >= self.settled_ms
        # Above the truth while it warms up: a reader who takes such values for good is found out.
        tenths = [_word((value if settled else value * 1.5 + 20) * 10) for value in self._frozen.values()]
        self.log.add(now_ms, {key: word / 10 for key, word in zip(COLUMNS, tenths)})
        numbers = [_word(word * factor) for word, factor in zip(tenths, (9.0, 9.5, 9.6))]
        return with_check(bytes((0x81, DATA, state)) + b"".join(word.to_bytes(2, "big") for word in (*numbers, *tenths)))


def _word(value: float) -> int:
    return 0 if math.isnan(value) else min(0xFFFF, max(0, math.floor(value + 0.5)))
