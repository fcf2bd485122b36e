# An SPS30 in memory, with what its datasheet allows in which state, and a driver on a line to it.

import struct

from contract.quantities import ID
from firmware.tests.line import Line, run_until
from firmware.tests.test_shdlc import reply
from node.drivers import sps30
from node.drivers.sps30 import Sps30
from node.sampler import Sampler

AIR = (10.25, 12.5, 13.125, 13.5, 70.5, 80.25, 81.0, 81.5, 81.75, 0.54)
WARM_MS = 31000
LATCH_MS = 2000


class Part:
    """What an SPS30 does when it is asked. `state` is or-ed into every state; `values` None: no new sample; dead: no power; integers:
    another host has started it so; stands: its fan does, so no air reaches the laser; fast: its fan is out of range; knows_not: commands
    of a later firmware. A fault of the fan is told after two bad seconds, standing still until it is cleared (datasheet 1.0, 4.4)."""

    def __init__(self):
        self.values = AIR
        self.measuring = False
        self.asleep = True
        self.dead = False
        self.state = 0
        self.status = 0
        self.integers = False
        self.stands = False
        self.fast = False
        self._bad_since = {}  # bit: time
        self.interval = 604800
        self.knows_not = ()
        self.serial = b"8F3C21AA0B\x00"
        self.asked = []  # (time, command)
        self.answers = []  # instead of the next replies
        self._out = []

    def handle(self, data: bytes, now: int) -> None:
        if self.dead:
            return
        inner = data.lstrip(b"\xff")[1:-1]
        for byte in b"\x7e\x11\x13\x7d":
            inner = inner.replace(bytes((0x7D, byte ^ 0x20)), bytes((byte,)))
        command = inner[1]
        self.asked.append((now, command))
        self._watch_fan(now)
        said = self.answers.pop(0) if self.answers else self._said(command, inner[3:-1])
        if said is not None:
            self._out.append((now + 10, said))

    def lose_power(self) -> None:
        self.measuring, self.asleep = False, False

    def next_due(self) -> "int | None":
        return self._out[0][0] if self._out else None

    def next_action(self, now: int) -> "bytes | None":
        return self._out.pop(0)[1] if self._out and self._out[0][0] <= now else None

    def _said(self, command: int, given: bytes) -> "bytes | None":
        if command == 0x11:
            state, self.asleep = 0 if self.asleep else 0x43, False
            return reply(command, state)
        if self.asleep or command in self.knows_not:
            return None
        state = self.state | (0x80 if self.status else 0)
        if not self._may(command):
            return reply(command, state | 0x43)
        return reply(command, state, self._done(command, given))

    def _watch_fan(self, now: int) -> None:
        for bit, bad in ((4, self.stands), (21, self.fast)):
            if bad and now - self._bad_since.setdefault(bit, now) >= LATCH_MS:
                self.status |= 1 << bit
            elif not bad and self._bad_since.pop(bit, None) is not None and bit == 21:
                self.status &= ~(1 << bit)

    def _may(self, command: int) -> bool:
        if command in (0x01, 0x03, 0x56):
            return self.measuring
        return not self.measuring or command not in (0x00, 0x10)

    def _done(self, command: int, given: bytes) -> bytes:
        if command in (0x00, 0x01, 0x10):
            self.measuring, self.asleep, self.integers = command == 0x00, command == 0x10, False
        if command == 0x80 and len(given) == 5:
            [self.interval] = struct.unpack(">I", given[1:])
        if command == 0x03:
            values = (0.0,) * 10 if self.stands else self.values
            return b"" if values is None else bytes(20) if self.integers else struct.pack(">10f", *values)
        told = {0xD0: self.serial, 0xD1: b"\x02\x02\x00\x07\x00\x02\x00", 0xD2: struct.pack(">I", self.status) + b"\x00"}
        if given == b"\x00" and command == 0x80:
            return struct.pack(">I", self.interval)
        if command == 0xD2 and given == b"\x01":
            self.status = 0
            self._bad_since = {}
        return told.get(command, b"")


class Bench:
    def __init__(self, clean_every_h: int = 0, sensors: tuple = ()):
        self.part = Part()
        self.line = Line(self.part)
        self.line.character_us = 87
        self.sampler = Sampler(sps30.channels(3, "sps30"), self.line.uptime_ms, sensors)
        self.driver = Sps30(3, self.line, self.sampler, clean_every_h, self.line.uptime_ms)

    def until(self, ms: int) -> dict:
        while self.line.now < ms:  # what was said is forgotten on the way: hours of it have no room on a device
            self.line.heard = self.line.heard[:4]
            self.part.asked = [row for row in self.part.asked if row[1] not in (0x03, 0xD2)] if self.line.now > 60000 else self.part.asked
            run_until(self.driver, self.line, min(ms, self.line.now + 60000))
        return {row[1]: row[2:] for row in self.sampler.close()}

    def warm(self) -> "Bench":
        self.until(WARM_MS)
        return self

    def commands(self, since: int = 0) -> list:
        return [command for at, command in self.part.asked if at >= since]


def mass(rows: dict) -> list:
    return rows[ID["pm2_5_mass"]]
