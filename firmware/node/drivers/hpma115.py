# Honeywell HPMA115S0 and HPMA115C0 (HPM series datasheet 32322550): frames, commands, what they mean. Does not depend on when a command is
# due (dialogue.py) and how readings become a report.
#
#   command   68 01 | command | sum                    all bytes of it sum to 0 modulo 256
#   ack       A5 A5; refused: 96 96                    neither says which command it is about: there is one at a time
#   reply     40 05 04 | PM2.5 | PM10 | sum            8 bytes, S0; words high byte first, ug/m3; all bytes sum to 0 modulo 256
#             40 0D 04 | PM1 | PM2.5 | PM4 | PM10 | 4 reserved | sum    16 bytes, C0
#   auto-send 42 4D 00 1C | 13 words | sum             32 bytes, the frame of a Plantower: PM2.5 at 6 and PM10 at 8 (S0), or PM1,
#                                                      PM2.5, PM4 and PM10 from 4 on (C0); the rest is zero, at a Plantower it is not
#
# A part with the wrong frames, a Plantower among them, is never a number. A reading that is refused comes from a part that does not
# measure: it is started again. Does not survive: a damage that a sum does not show, one damaged reply in 256 (weak_check_filter.py).

from contract.quality import OK, OUT_OF_RANGE, SATURATED, STEP, WARMING_UP
from node import transient_import
from node.drivers.dialogue import Dialogue
from node.drivers.framing import Framing, total, word
from node.drivers.uart_part import UartPart
from node.drivers.weak_check_filter import WeakCheckFilter
from node.portable import const

LINE = (9600, 8, "N", 1)

# Kinds of frames.
REPLY = const(0x40)
AUTO = const(0x42)
REFUSED = const(0x96)
ACK = const(0xA5)
FOREIGN = const(1)
_AUTO_BYTES = const(32)
_REST = const(12)  # from here to _END an auto-send frame holds nothing, that of a S0 two words less
_END = const(28)
_GREATEST = const(1000)  # ug/m3: the end of its range, the truth may be higher
_STEP = const(10)  # ug/m3

_COMPACT = "hpma115c0"
_STEPS = transient_import.call("contract.quantities", "steps", ("pm1_mass", "pm2_5_mass", "pm4_mass", "pm10_mass"))


def command(code: int) -> bytes:
    return bytes((0x68, 1, code, 0x100 - 0x69 - code & 0xFF))


START = command(1)
STOP = command(2)
READ = command(4)
AUTO_OFF = command(0x20)
AUTO_ON = command(0x40)


def columns(part: str) -> tuple:
    """((offset in a reply, offset in an auto-send frame, quantity, wire value of one step), ...)"""
    if part == _COMPACT:
        return tuple((3 + 2 * i, 4 + 2 * i) + step for i, step in enumerate(_STEPS))
    return (3, 6) + _STEPS[1], (5, 8) + _STEPS[3]


def channels(slot: int, part: str) -> list:
    return [(slot, column[2]) for column in columns(part)]


def build(sensor: dict, port, sampler, uptime_ms) -> "Hpma115":
    return Hpma115(sensor, port, sampler, uptime_ms)


class FrameParser(Framing):
    """compact: whether the part is a C0."""

    def __init__(self, compact: bool):
        super().__init__(_AUTO_BYTES)
        self.counters["refused"] = 0
        self._length = 13 if compact else 5

    def _size(self, buffer: bytearray, at: int, n: int) -> int:
        first = buffer[at]
        second = buffer[at + 1] if n > 1 else -1
        if first == ACK or first == REFUSED:
            return 2 if second == first or second < 0 else 0
        if first == REPLY and second in (5, 13, -1) and (n < 3 or buffer[at + 2] == 4):
            return second + 3 if second > 0 else 2
        if first != AUTO or second not in (0x4D, -1):
            return 0
        if n >= 4 and word(buffer, at + 2) != 28:
            self.counters["rejected_length"] += 1
            return 0
        return _AUTO_BYTES

    def _kind(self, buffer: bytearray, at: int, size: int) -> int:
        kind = buffer[at]
        if size == 2:
            self.counters["acks" if kind == ACK else "refused"] += 1
            return kind
        if kind == REPLY:
            whole = total(buffer, at, size) & 0xFF == 0
        else:
            whole = total(buffer, at, size - 2) == word(buffer, at + size - 2)
        if not whole:
            self.counters["rejected_checksum"] += 1
            return 0
        if kind == REPLY and buffer[at + 1] != self._length:
            self.counters["wrong_model"] += 1
            return FOREIGN
        self.counters["frames"] += 1
        return kind


def is_foreign(frame: "bytes | bytearray", compact: bool) -> bool:
    """Whether an auto-send frame has what this model leaves empty."""
    for at in range(_REST, _END):
        if frame[at]:
            return True
    if compact:
        return word(frame, 8) > word(frame, 10)  # PM4 is part of PM10; a S0 has its PM10 in place of PM4, and none behind
    return bool(word(frame, 4) or word(frame, 10))


class Hpma115(UartPart):
    def __init__(self, sensor: dict, port, sampler, uptime_ms):
        self._compact = sensor["part"] == _COMPACT
        self._columns = columns(sensor["part"])
        self._foreign = False
        self._filter = WeakCheckFilter(len(self._columns))
        parser = FrameParser(self._compact)
        read = READ if sensor["mode"] == "passive" else None
        opening = (START, AUTO_ON if read is None else AUTO_OFF)
        warm_up_ms = sensor["warm_up_s"] * 1000
        dialogue = Dialogue(opening, STOP, read, sensor["poll_ms"], warm_up_ms, parser.counters, uptime_ms())
        super().__init__(sensor, port, sampler, uptime_ms, parser, dialogue, warm_up_ms, channels(sensor["slot"], sensor["part"]))

    def identity(self) -> list:
        """[[slot, part, identity]]; the part has none."""
        return [[self._slot, self.part, ""]]

    def health(self) -> list:
        return [[self._slot, {"wrong_model": 1} if self._foreign else {}]]

    def _take_frame(self, kind: int, now: int) -> None:
        frame = self._parser.frame
        if kind == ACK:
            if self._dialogue.pending() is not None:
                self._dialogue.handle_ack()
        elif kind == REFUSED:
            if self._dialogue.awaits_reading():
                self._dialogue.reopen(now)
        elif kind == FOREIGN or (kind == AUTO and self._is_foreign(frame)):
            self._foreign = True
            self._refuse()
        elif self._dialogue.handle_data(now):
            self._read(frame, 0 if kind == REPLY else 1, now)

    def _is_foreign(self, frame: bytearray) -> bool:
        if is_foreign(frame, self._compact):
            self.counters["wrong_model"] += 1
            return True
        if word(frame, 6):
            self._foreign = False
        return self._foreign  # clean air looks the same from both: it is of the one that spoke last

    def _read(self, frame: bytearray, where: int, now: int) -> None:
        if where == 0:
            self._foreign = False
        self._filter.feed(self.counters["skipped_bytes"], now)
        warming_up = self._dialogue.warming_up(now)
        for index in range(len(self._columns)):  # enumerate would be an allocation
            column = self._columns[index]
            value = word(frame, column[where])
            doubtful = self._filter.is_doubtful(index, value, _STEP, now)
            quality = WARMING_UP if warming_up else STEP if doubtful else OK
            if value >= _GREATEST and not warming_up:
                quality = SATURATED if value == _GREATEST else OUT_OF_RANGE
            self._sampler.add(self._slot, column[2], value * column[3], quality)
