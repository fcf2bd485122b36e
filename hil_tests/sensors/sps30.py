"""A Sensirion SPS30 as it behaves on its UART (115200 8N1), from its datasheet 1.0. Not a decoder.

    request   7E | 0 command length data.. checksum | 7E             checksum: NOT of the low byte of the sum, before stuffing
    reply     7E | 0 command state length data.. checksum | 7E       7E 7D 11 13 are sent as 7D and themselves with bit 5 changed

Off after power-on until it is started; asleep it hears only a wake, which another byte must precede by less than 100 ms, or an
earlier wake. A new sample each second: in between the reply is empty. Cleans itself once an interval (0: never) since power-on: values
stand still for 10 s. Not modelled: integers as output, the time of bytes on the wire.
"""

import math
import struct

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.scenario import Scenario
from hil_tests.sensors.supplied import SuppliedPart

START, STOP, READ, SLEEP, WAKE, CLEAN = 0x00, 0x01, 0x03, 0x10, 0x11, 0x56
INTERVAL, INFORMATION, VERSION, STATUS, RESET = 0x80, 0xD0, 0xD1, 0xD2, 0xD3
WRONG_LENGTH, UNKNOWN, PARAMETER, NOT_ALLOWED, DEVICE_ERROR = 0x01, 0x02, 0x04, 0x43, 0x80
SPEED, LASER, FAN = 1 << 21, 1 << 5, 1 << 4
WARM_UP_MS = 30_000
SAMPLE_MS = 1_000
REPLY_MS = 5
CLEANING_MS = 10_000
WEEK_S = 604_800
WAKE_WINDOW_MS = 100

# quantity, its unit in one of the part's (per cm3 are 100 in 0.1 L)
COLUMNS = (
    ("pm1_mass", 1.0),
    ("pm2_5_mass", 1.0),
    ("pm4_mass", 1.0),
    ("pm10_mass", 1.0),
    ("count_upto_0_5", 100.0),
    ("count_upto_1_0", 100.0),
    ("count_upto_2_5", 100.0),
    ("count_upto_4_0", 100.0),
    ("count_upto_10", 100.0),
    ("typical_size", 1.0),
)


def framed(body: bytes) -> bytes:
    body += bytes((~sum(body) & 0xFF,))
    stuffed = b"".join(bytes((0x7D, byte ^ 0x20)) if byte in b"\x7e\x7d\x11\x13" else bytes((byte,)) for byte in body)
    return b"\x7e" + stuffed + b"\x7e"


def unframed(inner: bytes) -> bytes | None:
    """What is between two marks, without stuffing and checksum; None when it is damaged."""
    body = bytearray()
    escaped = False
    for byte in inner:
        if byte == 0x7D and not escaped:
            escaped = True
            continue
        body.append(byte ^ 0x20 if escaped else byte)
        escaped = False
    right = len(body) >= 4 and body[0] == 0 and ~sum(body[:-1]) & 0xFF == body[-1] and body[2] == len(body) - 4
    return bytes(body[1:-1]) if right else None


class Sps30(SuppliedPart):
    """`status` holds the bits of the status register and may be changed at any time, `serial` too: another serial is another part."""

    def __init__(self, scenario: Scenario, *, seed: int = 0, faults: Faults | None = None, serial: str = "8F3C21AA0B5D7E11") -> None:
        super().__init__(scenario, seed=seed, faults=faults)
        self.serial = serial
        self.status = 0
        self.commands: list[int] = []
        self._last: tuple[float, ...] | None = None
        self._measuring_ms: int | None = None
        self._asleep = False
        self._byte_ms: float = -math.inf
        self._sample_ms = 0
        self._cleaning_until = 0.0
        self.interval_s = WEEK_S  # kept over a power cut
        self._clean_due_ms: float = math.inf

    @property
    def settled_ms(self) -> int | None:
        return None if self._measuring_ms is None or not self._powered else self._measuring_ms + WARM_UP_MS

    def _hear(self, data: bytes, now_ms: int) -> None:
        for byte in data:
            if self._asleep and now_ms - self._byte_ms > WAKE_WINDOW_MS and byte != 0x7E:
                self._inbox.clear()  # this byte only wakes the line
                self._byte_ms = now_ms
                continue
            if byte != 0x7E:
                self._inbox.append(byte)
                continue
            if self._inbox:
                self._take(bytes(self._inbox), now_ms)
            self._inbox.clear()

    def _start(self, now_ms: int) -> None:
        self._measuring_ms = None
        self._asleep = False
        self._cleaning_until = now_ms
        self._wind_up(now_ms)

    def _wind_up(self, now_ms: int) -> None:
        self._clean_due_ms = now_ms + 1000 * self.interval_s if self.interval_s else math.inf

    def _take(self, inner: bytes, now_ms: int) -> None:
        body = unframed(inner)
        if body is None:
            self.rejected += 1
            return
        command, data = body[0], body[2:]
        if self._asleep and (command != WAKE or now_ms - self._byte_ms > WAKE_WINDOW_MS):
            self._byte_ms = now_ms
            return
        self.commands.append(command)
        state, answer = self._obey(command, data, now_ms)
        if self.status:
            state |= DEVICE_ERROR
        self._outbox.append((now_ms + REPLY_MS, framed(bytes((0, command, state, len(answer))) + answer)))

    def _obey(self, command: int, data: bytes, now_ms: int) -> tuple[int, bytes]:
        measuring = self._measuring_ms is not None
        if command == WAKE:
            woken, self._asleep = self._asleep, False
            return (0 if woken else NOT_ALLOWED), b""
        if command == START:
            return self._start_measuring(data, now_ms)
        if (command in (STOP, READ, CLEAN) and not measuring) or (command == SLEEP and measuring):
            return NOT_ALLOWED, b""
        if command == READ:
            return 0, self._sample(now_ms)
        if command == STATUS:
            return 0, struct.pack(">IB", self.status, 0)
        if command == INTERVAL:
            return self._time(data, now_ms)
        if command == INFORMATION:
            return 0, {0: b"00080000", 3: self.serial.encode()}.get(data[0] if data else 0, b"") + b"\x00"
        if command == VERSION:
            return 0, bytes((2, 2, 0, 7, 0, 2, 0))
        if command in (STOP, SLEEP, CLEAN, RESET):
            self._change(command, now_ms)
            return 0, b""
        return UNKNOWN, b""

    def _start_measuring(self, data: bytes, now_ms: int) -> tuple[int, bytes]:
        if self._measuring_ms is not None:
            return NOT_ALLOWED, b""
        if data != b"\x01\x03":
            return PARAMETER, b""
        self._measuring_ms = now_ms
        self._sample_ms = now_ms
        return 0, b""

    def _time(self, data: bytes, now_ms: int) -> tuple[int, bytes]:
        if len(data) == 5:
            [self.interval_s] = struct.unpack(">I", data[1:])
            self._wind_up(now_ms)
            return 0, b""
        return 0, struct.pack(">I", self.interval_s)

    def _change(self, command: int, now_ms: int) -> None:
        if command == CLEAN:
            self._cleaning_until = now_ms + CLEANING_MS
        else:
            self._measuring_ms = None
            self._asleep = command == SLEEP

    def _sample(self, now_ms: int) -> bytes:
        if now_ms - self._sample_ms < SAMPLE_MS * 0.96:  # 1.00 +- 0.04 s
            return b""
        self._sample_ms = now_ms
        if now_ms >= self._clean_due_ms:
            self._wind_up(now_ms)
            self._cleaning_until = now_ms + CLEANING_MS
        values = self._shown(now_ms)
        data = struct.pack(f">{len(values)}f", *values)
        told = struct.unpack(f">{len(values)}f", data)
        self.log.add(now_ms, {key: value * unit for (key, unit), value in zip(COLUMNS, told)})
        return data

    def _shown(self, now_ms: int) -> tuple[float, ...]:
        frozen = now_ms < self._cleaning_until or self._faults.strikes("stuck", now_ms)
        if self._last is not None and frozen:
            return self._last
        values = [self.scenario.value(key, now_ms) / unit for key, unit in COLUMNS]
        if self.settled_ms is not None and now_ms < self.settled_ms:
            factor = self._wander.uniform(1.3, 2.5)
            values = [value * factor for value in values]
        self._last = tuple(values)
        return self._last
