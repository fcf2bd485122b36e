# What a frame costs the heap on its whole way, from the UART through Port, driver and event loop to the sampler, in the steady state.
# Runs in MicroPython and prints {part: bytes a frame} as JSON; read by test_drivers_on_micropython.py and by the bench.

import asyncio
import gc
import json

from contract.settings import with_defaults
from firmware.tests.test_plantower_models import FRAMES
from firmware.tests.virtual_uart_parts import Sds011
from node import parts
from node.port import Port
from node.portable import sleep_ms
from node.sampler import Sampler

FRAMES_MEASURED = 200


def sps30_reply(command: int, data: bytes) -> bytes:
    body = bytes((0, command, 0, len(data))) + data
    return b"\x7e" + body + bytes((~sum(body) & 0xFF,)) + b"\x7e"


# By the command that is answered: ten floats of 0.5, which need no stuffing; nothing to all others.
ANSWERS = {command: sps30_reply(command, b"") for command in (0x00, 0x80, 0xD0, 0xD1, 0xD2)}
ANSWERS[0x7D] = bytes.fromhex("7e007d310000ee7e")  # wake, 11, is stuffed
ANSWERS[0x03] = sps30_reply(0x03, bytes.fromhex("3f000000") * 10)
PATHS = (("pms5003", FRAMES["pms5003"]), ("sds011", Sds011().streamed()), ("sps30", b""))


class Clock:
    def __init__(self):
        self.now = 0

    def uptime_ms(self) -> int:
        return self.now

    def pause(self, ms: int):
        """Time passes only where somebody waits; the event loop has its turn."""
        self.now += ms
        return sleep_ms(0)


class Uart:
    """Says a frame a second in pieces as a UART holds them after a look each 10 ms, without an allocation of its own."""

    def __init__(self, frame: bytes, clock: Clock):
        self._frame = frame
        self._at = len(frame)
        self._clock = clock
        self._answers = not frame
        self._due = 0
        self.said = 0

    def init(self, **line: object) -> None:
        pass

    def any(self) -> int:
        if self._at == len(self._frame) and not self._answers and self._clock.now >= self._due:
            self.begin()
        return min(10, len(self._frame) - self._at)

    def begin(self) -> None:
        self._due = self._clock.now + 1000
        self._at = 0
        self.said += 1

    def readinto(self, view: memoryview) -> int:
        n = self.any()
        for i in range(n):
            view[i] = self._frame[self._at + i]
        self._at += n
        return n

    def write(self, data: bytes) -> int:
        if self._answers:
            self._frame = ANSWERS[data[2] if data[0] == 0x7E else data[3]]
            self.begin()
        return len(data)

    def flush(self) -> None:
        pass


class _Measured(Exception):
    pass


async def bytes_a_frame(part: str, frame: bytes) -> float:
    clock = Clock()
    uart = Uart(frame, clock)
    port = Port(uart, clock.uptime_ms)
    port.pause = clock.pause
    [sensor] = with_defaults({"sensors": [{"slot": 0, "part": part, "port": 0}]})["sensors"]
    sampler = Sampler(parts.channels([sensor]), clock.uptime_ms, [sensor])
    [driver] = parts.build([sensor], lambda number, line: port, sampler, clock.uptime_ms)
    seen = [0, 0, 0]  # frames before, bytes before, bytes after

    def beat() -> None:
        if uart.said == FRAMES_MEASURED and not seen[0]:
            gc.collect()
            gc.disable()
            seen[0] = driver.counters["frames"]
            seen[1] = gc.mem_alloc()
        elif uart.said == 2 * FRAMES_MEASURED:
            seen[2] = gc.mem_alloc()
            raise _Measured

    try:
        await driver.run(beat)
    except _Measured:
        gc.enable()
    frames = driver.counters["frames"] - seen[0]
    assert frames > FRAMES_MEASURED // 2, (part, driver.counters)
    return (seen[2] - seen[1]) / frames


async def measured() -> dict:
    found = {}
    for part, frame in PATHS:
        found[part] = await bytes_a_frame(part, frame)
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measured())))
