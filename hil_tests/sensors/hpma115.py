"""A Honeywell HPMA115S0 or C0 as it behaves on its UART (9600 8N1), from the HPM series datasheet 32322550. Not a decoder.

    command   68 | length 1 | command 1 | sum 1             all bytes sum to 0 modulo 256
    ack       A5 A5; refused: 96 96
    reply     40 | 05 | 04 | PM2.5 2 | PM10 2 | sum 1                                  S0
              40 | 0D | 04 | PM1 2 | PM2.5 2 | PM4 2 | PM10 2 | 4 reserved | sum 1     C0
    auto-send 42 4D | 00 1C | 13 words | sum 2              words 1 and 2 are PM2.5 and PM10 (S0); words 0 to 3 the four sizes (C0)

Measures and sends by itself from power-on. A stopped part refuses to be read. Not modelled: the time of bytes on the wire, the
adjustment coefficient.
"""

import struct

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.scenario import Scenario
from hil_tests.sensors.streaming import StreamingPart

COMMAND_BYTES = 4
START, STOP, READ, AUTO_OFF, AUTO_ON = 0x01, 0x02, 0x04, 0x20, 0x40
ACK, REFUSED = b"\xa5\xa5", b"\x96\x96"
STANDARD = ("pm2_5_mass", "pm10_mass")
COMPACT = ("pm1_mass", "pm2_5_mass", "pm4_mass", "pm10_mass")


def auto_frame(words: list[int]) -> bytes:
    """32 bytes from the first of the 13 words; the rest is zero."""
    frame = b"\x42\x4d" + struct.pack(">14H", 28, *words, *([0] * (13 - len(words))))
    return frame + struct.pack(">H", sum(frame) & 0xFFFF)


def reply(values: bytes) -> bytes:
    frame = bytes((0x40, len(values) + 1, READ)) + values
    return frame + bytes((-sum(frame) & 0xFF,))


class Hpma115(StreamingPart):
    """model: "hpma115s0" or "hpma115c0". `refuses`: how many commands it answers with a refusal and does not obey."""

    def __init__(self, scenario: Scenario, *, model: str = "hpma115s0", seed: int = 0, faults: Faults | None = None) -> None:
        super().__init__(scenario, COMPACT if model == "hpma115c0" else STANDARD, seed=seed, faults=faults)
        self.refuses = 0
        self.commands: list[int] = []

    def _start(self, now_ms: int) -> None:
        self.streams = True
        super()._start(now_ms)

    def _next_command(self) -> bytes | None:
        while (command := self._taken(b"\x68\x01", COMMAND_BYTES)) is not None:
            if sum(command) & 0xFF == 0:
                del self._inbox[:COMMAND_BYTES]
                return command
            self.rejected += 1
            del self._inbox[:1]
        return None

    def _obey(self, command: bytes, now_ms: int) -> bytes | None:
        code = command[2]
        self.commands.append(code)
        if self.refuses:
            self.refuses -= 1
            return REFUSED
        if code == READ:
            return self._read(now_ms) if self.awake else REFUSED
        if code == START:
            if not self.awake:
                self._wake(now_ms)
        elif code == STOP:
            self.awake = False
        elif code in (AUTO_OFF, AUTO_ON):
            self.streams = code == AUTO_ON
        else:
            return REFUSED
        return ACK if self.acknowledges else None

    def _read(self, now_ms: int) -> bytes:
        steps = self._measured(now_ms, 1)
        values = struct.pack(f">{len(self.keys)}H", *(steps[key] for key in self.keys))
        return reply(values + bytes(4) if self.keys == COMPACT else values)

    def _frame(self, now_ms: int) -> bytes:
        steps = self._measured(now_ms, 1)
        words = [steps[key] for key in self.keys]
        return auto_frame(words if self.keys == COMPACT else [0, *words])
