"""A Winsen ZE08-CH2O or ZE40A-TVOC on its UART (9600 8N1), from the maker's manuals ("ZE07-CH2O" V1.8, "ZE40A-TVOC"). Not a decoder.

    answer    FF 86 | ug/m3 2 | 0 0 | ppb 2 | check      words big-endian
    stream    FF gas 04 00 | ppb 2 | range 2 | check     once a second, from power-on until it hears the question mode
    check     the two's complement of the sum of bytes 1 to 7

Not modelled: an acknowledgement of the mode (no manual has one), the analogue output.
"""

import math

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.scenario import Scenario
from hil_tests.sensors.supplied import CommandedPart

QUESTION_MODE = bytes.fromhex("ff0178410000000046")
STREAM_MODE = bytes.fromhex("ff0178400000000047")
QUESTION = bytes.fromhex("ff0186000000000079")
FRAME_BYTES = 9
WARM_UP_MS = 180_000
STREAM_MS = 1_000
RANGE_PPB = 5_000

# model: what it measures, its gas code in the stream, ppb of one unit of what it measures. The code of the ZE40A is not published: any
# that no other frame begins with.
MODELS = {
    "ze08_ch2o": ("formaldehyde", 0x17, 24.45 / 30.03),
    "ze40_tvoc": ("tvoc", 0x2A, 1.0),
}


def with_check(body: bytes) -> bytes:
    return b"\xff" + body + bytes((-sum(body) % 256,))


def answer(ugm3: int, ppb: int) -> bytes:
    return with_check(bytes((0x86, *ugm3.to_bytes(2, "big"), 0, 0, *ppb.to_bytes(2, "big"))))


class Winsen(CommandedPart):
    """Obeys the fault "stuck"."""

    def __init__(self, model: str, scenario: Scenario, *, seed: int = 0, faults: Faults | None = None) -> None:
        super().__init__(scenario, seed=seed, faults=faults)
        self.key, self._gas, self._ppb_per_unit = MODELS[model]
        self.questions = 0
        self._streams_at_ms: float | None = None
        self._frozen = 0.0

    @property
    def settled_ms(self) -> int | None:
        """When the warm-up ends or ended; None while off or not yet seen by the host."""
        return self._started_ms + WARM_UP_MS if self._powered and self._started_ms is not None else None

    def _start(self, now_ms: int) -> None:
        self._streams_at_ms = now_ms + STREAM_MS

    def _next_command(self) -> bytes | None:
        while len(self._inbox) >= FRAME_BYTES:
            heard = bytes(self._inbox[:FRAME_BYTES])
            is_known = heard in (QUESTION_MODE, STREAM_MODE, QUESTION)
            del self._inbox[: FRAME_BYTES if is_known else 1]
            if is_known:
                return heard
        return None

    def _obey(self, command: bytes, now_ms: int) -> bytes | None:
        if command == QUESTION:
            self.questions += 1
            return self._answer(now_ms)
        self._streams_at_ms = now_ms + STREAM_MS if command == STREAM_MODE else None
        return None

    def _stream_due_ms(self) -> float | None:
        return self._streams_at_ms

    def _streamed(self, now_ms: int) -> bytes:
        self._streams_at_ms = now_ms + STREAM_MS
        ppb = _word(self._shown(now_ms) * self._ppb_per_unit)
        return with_check(bytes((self._gas, 4, 0, *ppb.to_bytes(2, "big"), *RANGE_PPB.to_bytes(2, "big"))))

    def _answer(self, now_ms: int) -> bytes:
        shown = self._shown(now_ms)
        value = _word(shown)
        self.log.add(now_ms, {self.key: float(value)})
        return answer(value, _word(shown * self._ppb_per_unit)) if self.key == "formaldehyde" else answer(0, value)

    def _shown(self, now_ms: int) -> float:
        if not self._faults.strikes("stuck", now_ms):
            self._frozen = self.scenario.value(self.key, now_ms)
        # Above the truth while it warms up: a reader who takes such a value for good is found out.
        settled = self.settled_ms is not None and now_ms >= self.settled_ms
        return self._frozen if settled else self._frozen * 1.5 + 20


def _word(value: float) -> int:
    return 0 if math.isnan(value) else min(0xFFFF, max(0, math.floor(value + 0.5)))
