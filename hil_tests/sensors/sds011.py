"""A Nova SDS011 as it behaves on its UART (9600 8N1), from its control protocol V1.5. Not a decoder.

    data      AA C0 | PM2.5 2 | PM10 2 | id 2 | sum 1 | AB        words low byte first, tenths of ug/m3
    reply     AA C5 | d1 d2 d3 0 | id 2 | sum 1 | AB              version: 07 yy mm dd
    command   AA B4 | d1 .. d13 | id 2 | sum 1 | AB               id FF FF: any device
    sum: low byte of the sum of all between the second byte and the sum.

Streams once a second, or is asked; keeps mode and working period without power. With a working period of n minutes it is awake for 30 s
of them. Asleep it hears only "work". Not modelled: the time of bytes on the wire, another id set by command.
"""

import struct

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.scenario import Scenario
from hil_tests.sensors.streaming import INTERVAL_MS, StreamingPart

COMMAND_BYTES = 19
MODE, READ, SLEEP_WORK, VERSION, PERIOD = 0x02, 0x04, 0x06, 0x07, 0x08
ANY_DEVICE = 0xFFFF
AWAKE_MS = 30_000


def framed(kind: int, body: bytes) -> bytes:
    return bytes((0xAA, kind)) + body + bytes((sum(body) & 0xFF, 0xAB))


class Sds011(StreamingPart):
    """`device_id`, `version` (yy, mm, dd), `minutes` (the working period) and `kind` may be changed at any time: another id is another
    part in its place; a kind of CF makes its frames those of a SDS198."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int = 0,
        faults: Faults | None = None,
        device_id: int = 0xA160,
        version: tuple[int, int, int] = (18, 11, 16),
        minutes: int = 0,
    ) -> None:
        super().__init__(scenario, ("pm2_5_mass", "pm10_mass"), seed=seed, faults=faults)
        self.device_id = device_id
        self.version = version
        self.minutes = minutes
        self.kind = 0xC0
        self.commands: list[tuple[int, int]] = []
        self._worked_ms = 0

    def _wake(self, now_ms: int) -> None:
        super()._wake(now_ms)
        self._worked_ms = now_ms

    def _streamed(self, now_ms: int) -> bytes | None:
        rests = self.minutes > 0 and (now_ms - self._worked_ms) % (self.minutes * 60_000) >= AWAKE_MS
        if not rests:
            return super()._streamed(now_ms)
        self._frame_due_ms = now_ms + INTERVAL_MS
        return None

    def _next_command(self) -> bytes | None:
        while (command := self._taken(b"\xaa\xb4", COMMAND_BYTES)) is not None:
            if command == framed(0xB4, command[2:-2]):
                del self._inbox[:COMMAND_BYTES]
                return command
            self.rejected += 1
            del self._inbox[:1]
        return None

    def _obey(self, command: bytes, now_ms: int) -> bytes | None:
        code, write, value = command[2:5]
        if int.from_bytes(command[15:17], "big") not in (ANY_DEVICE, self.device_id):
            return None
        if not self.awake and (code, write, value) != (SLEEP_WORK, 1, 1):
            return None
        self.commands.append((code, value))
        if code == READ:
            return self._frame(now_ms)
        if code == VERSION:
            return self._reply(bytes((VERSION, *self.version)))
        if code not in (MODE, SLEEP_WORK, PERIOD):
            return None
        if write:
            self._set(code, value, now_ms)
        return self._reply(bytes((code, write, value, 0)))

    def _set(self, code: int, value: int, now_ms: int) -> None:
        if code == MODE:
            self.streams = value == 0
        elif code == PERIOD:
            self.minutes = value
            self._worked_ms = now_ms
        elif value == 0:
            self.awake = False
        elif not self.awake:
            self._wake(now_ms)

    def _reply(self, data: bytes) -> bytes | None:
        return framed(0xC5, data + self.device_id.to_bytes(2, "big")) if self.acknowledges else None

    def _frame(self, now_ms: int) -> bytes:
        steps = self._measured(now_ms, 10)
        return framed(self.kind, struct.pack("<2H", *(steps[key] for key in self.keys)) + self.device_id.to_bytes(2, "big"))
