# Nova SDS011, SDS018 and SDS021 (Laser Dust Sensor Control Protocol V1.5): frames, commands, what they mean. Does not depend on when a
# command is due (dialogue.py) and how readings become a report.
#
#   data      AA C0 | PM2.5 | PM10 | id | sum | AB                     10 bytes; words low byte first, tenths of ug/m3
#   reply     AA C5 | d1 d2 d3 .. | id | sum | AB                      10 bytes; d1 to d3 as in the command; version: 07 yy mm dd
#   command   AA B4 | d1 .. d13 | FF FF | sum | AB                     19 bytes; FF FF: to any device
#   sum: low byte of the sum of all between the second byte and the sum. AA CF: a SDS198, which has one value and is another model.
#
# All zero is data. Every command is checked by its reply and repeated: a lost "work" leaves the part asleep. The working period is
# set to 0, because a part that was set to another one sleeps by itself. The device id is in every frame, so a swap is seen at once.
# Does not survive: a damage that the sum does not show, one damaged frame in 256 (weak_check_filter.py).

from contract.quality import OK, OUT_OF_RANGE, SATURATED, STEP, WARMING_UP
from node import transient_import
from node.drivers.dialogue import Dialogue
from node.drivers.framing import Framing, total, word
from node.drivers.uart_part import ConfirmedValue, UartPart
from node.drivers.weak_check_filter import WeakCheckFilter
from node.portable import const

LINE = (9600, 8, "N", 1)

DATA = const(0xC0)
REPLY = const(0xC5)
FOREIGN = const(0xCF)
_BYTES = const(10)
_GREATEST = const(9999)  # 999.9 ug/m3: the end of its range, the truth may be higher
_STEP = const(100)  # 10 ug/m3
_VERSION = const(7)

# offset, quantity, wire value of one step
_STEPS = transient_import.call("contract.quantities", "steps", ("pm2_5_mass", "pm10_mass"))
COLUMNS = tuple((offset, found[0], found[1] // 10) for offset, found in zip((2, 4), _STEPS))


def command(d1: int, d2: int = 0, d3: int = 0) -> bytes:
    body = bytes((d1, d2, d3)) + bytes(10) + b"\xff\xff"
    return b"\xaa\xb4" + body + bytes((sum(body) & 0xFF, 0xAB))


ACTIVE = command(2, 1, 0)
QUERY = command(2, 1, 1)
READ = command(4)
SLEEP = command(6, 1, 0)
WORK = command(6, 1, 1)
VERSION = command(_VERSION)
CONTINUOUS = command(8, 1, 0)


def channels(slot: int, part: str) -> list:
    return [(slot, column[1]) for column in COLUMNS]


def build(sensor: dict, port, sampler, uptime_ms) -> "Sds011":
    return Sds011(sensor, port, sampler, uptime_ms)


class FrameParser(Framing):
    def __init__(self):
        super().__init__(_BYTES)

    def _size(self, buffer: bytearray, at: int, n: int) -> int:
        if buffer[at] != 0xAA:
            return 0
        if n > 1 and buffer[at + 1] not in (DATA, REPLY, FOREIGN):
            return 0
        return _BYTES

    def _kind(self, buffer: bytearray, at: int, size: int) -> int:
        if buffer[at + 9] != 0xAB or total(buffer, at + 2, 6) & 0xFF != buffer[at + 8]:
            self.counters["rejected_checksum"] += 1
            return 0
        kind = buffer[at + 1]
        self.counters["frames" if kind == DATA else "acks" if kind == REPLY else "wrong_model"] += 1
        return kind


class Sds011(UartPart):
    def __init__(self, sensor: dict, port, sampler, uptime_ms):
        parser = FrameParser()
        read = READ if sensor["mode"] == "passive" else None
        opening = (WORK, ACTIVE if read is None else QUERY, CONTINUOUS, VERSION)
        warm_up_ms = sensor["warm_up_s"] * 1000
        dialogue = Dialogue(opening, SLEEP, read, sensor["poll_ms"], warm_up_ms, parser.counters, uptime_ms())
        super().__init__(sensor, port, sampler, uptime_ms, parser, dialogue, warm_up_ms, channels(sensor["slot"], sensor["part"]))
        self._filter = WeakCheckFilter(len(COLUMNS))
        self._id = ConfirmedValue()
        self._identity = ""
        self._identified: "int | None" = None

    def identity(self) -> list:
        """[[slot, part, identity]]; the identity is the device id and the date of the firmware, empty until they are known."""
        return [[self._slot, self.part, self._identity]]

    def health(self) -> list:
        """The part reports nothing: neither errors nor hours."""
        return [[self._slot, {}]]

    def _take_frame(self, kind: int, now: int) -> None:
        frame = self._parser.frame
        if kind == REPLY:
            self._hear_reply(frame)
        elif kind == FOREIGN:
            self._refuse()
        elif self._dialogue.handle_data(now):
            self._learn(word(frame, 6), now)
            self._read(frame, now)

    def _hear_reply(self, frame: bytearray) -> None:
        version = frame[2] == _VERSION
        if version:
            self._identified = word(frame, 6)
            self._identity = "id %04x firmware %02d-%02d-%02d" % (self._identified, frame[3], frame[4], frame[5])
        sent = self._dialogue.pending()
        if sent is not None and sent[2] == frame[2] and (version or (sent[3] == frame[3] and sent[4] == frame[4])):
            self._dialogue.handle_ack()

    def _learn(self, device: int, now: int) -> None:
        # Another id is another part, whose firmware and settings are not known; one that does not report its firmware has its id alone.
        if self._id.learn(device) and self._identified not in (None, device):
            self._dialogue.reopen(now)
        known = self._id.value
        if known is not None and known != self._identified and not self._dialogue.awaits(VERSION):
            self._identified = known
            self._identity = "id %04x" % known

    def _read(self, frame: bytearray, now: int) -> None:
        self._filter.feed(self.counters["skipped_bytes"], now)
        warming_up = self._dialogue.warming_up(now)
        for index in range(len(COLUMNS)):  # enumerate would be an allocation
            at, quantity, step = COLUMNS[index]
            value = frame[at] | frame[at + 1] << 8
            doubtful = self._filter.is_doubtful(index, value, _STEP, now)
            quality = WARMING_UP if warming_up else STEP if doubtful else OK
            if value >= _GREATEST and not warming_up:
                quality = SATURATED if value == _GREATEST else OUT_OF_RANGE
            self._sampler.add(self._slot, quantity, value * step, quality)
