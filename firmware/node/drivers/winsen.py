# Winsen ZE08-CH2O (formaldehyde) and ZE40A-TVOC (manuals "ZE07-CH2O" V1.8, "ZE40A-TVOC"): frames, what they mean, and the driver. Refuses
# to know how frames are found in noise (framing.py), when something is sent (dialogue.py), and how readings become a report.
#
#   mode      FF 01 78 41 00 00 00 00 | check      speak only when asked
#   question  FF 01 86 00 00 00 00 00 | check
#   answer    FF 86 | ug/m3 2 | 2 | ppb 2 | check  high byte first
#   check     the two's complement of the sum of bytes 1 to 7
#
# Streams after power-on, in frames of the same length with another second byte, until it hears the mode; no acknowledgement of the mode
# is documented. It has no sleep: an electrochemical cell must stay under power, and its answers go on while others sleep.
# Does not survive: a damage that the check does not show, one damaged frame in 256 (weak_check_filter.py).

from contract.quality import OK, STEP, WARMING_UP
from node import transient_import
from node.drivers.dialogue import Dialogue
from node.drivers.framing import Framing, total, word
from node.drivers.uart_part import UartPart
from node.drivers.weak_check_filter import WeakCheckFilter
from node.portable import const

LINE = (9600, 8, "N", 1)
# "Warm-up time: <= 3 minutes" (manuals); the settings may ask for more.
WARM_UP_S = const(180)

ANSWER = const(0x86)  # kinds of frames: their second byte
MODE = const(0x78)
_OURS = const(0x01)  # an echo of what we have sent
_FRAME_BYTES = const(9)
# So many frames unasked, and no answer between them: it lost its power, and its mode. One may be a forgery of noise.
_STREAMS = const(2)

_FORMALDEHYDE, _TVOC = transient_import.call("contract.quantities", "steps", ("formaldehyde", "tvoc"))
# part: quantity, wire value of one step, offset of its word
COLUMNS = (("ze08_ch2o",) + _FORMALDEHYDE + (2,), ("ze40_tvoc",) + _TVOC + (6,))
_STEP = const(20)  # ug/m3, or ppb


def command(code: int, data: int) -> bytes:
    body = bytes((0x01, code, data, 0, 0, 0, 0))
    return b"\xff" + body + bytes((-sum(body) & 0xFF,))


QUESTION_MODE = command(MODE, 0x41)
READ = command(ANSWER, 0)


def column(part: str) -> tuple:
    [found] = [row for row in COLUMNS if row[0] == part]
    return found


def channels(slot: int, part: str) -> list:
    return [(slot, column(part)[1])]


def build(sensor: dict, port, sampler, uptime_ms) -> "Winsen":
    return Winsen(sensor, port, sampler, uptime_ms)


class FrameParser(Framing):
    def __init__(self):
        super().__init__(_FRAME_BYTES)

    def _size(self, buffer: bytearray, at: int, n: int) -> int:
        return _FRAME_BYTES if buffer[at] == 0xFF else 0

    def _kind(self, buffer: bytearray, at: int, size: int) -> int:
        if total(buffer, at + 1, size - 1) & 0xFF:
            self.counters["rejected_checksum"] += 1
            return 0
        kind = buffer[at + 1]  # 0: a line that was held low, and no part
        self.counters["frames" if kind == ANSWER else "rejected_length" if kind == 0 else "acks"] += 1
        return kind


class Winsen(UartPart):
    def __init__(self, sensor: dict, port, sampler, uptime_ms):
        _, self._quantity, self._scale, self._offset = column(sensor["part"])
        parser = FrameParser()
        warm_up_ms = max(WARM_UP_S, sensor["warm_up_s"]) * 1000
        opening = (QUESTION_MODE, READ)
        dialogue = Dialogue(opening, QUESTION_MODE, READ, sensor["poll_ms"], warm_up_ms, parser.counters, uptime_ms())
        # What warms up after a wake is 0: it has not slept.
        super().__init__(sensor, port, sampler, uptime_ms, parser, dialogue, 0, channels(sensor["slot"], sensor["part"]))
        self._filter = WeakCheckFilter(1)
        self._streamed = 0

    def identity(self) -> list:
        return [[self._slot, self.part, ""]]  # it has none

    def health(self) -> list:
        return [[self._slot, {}]]

    def sleep(self) -> None:
        pass

    def wake(self) -> None:
        pass

    def _take_frame(self, kind: int, now: int) -> None:
        dialogue = self._dialogue
        if kind == ANSWER:
            self._streamed = 0
            if dialogue.handle_data(now):
                self._read(now)
            if dialogue.pending() is READ:
                dialogue.handle_ack()
        elif kind == MODE:
            if dialogue.pending() is QUESTION_MODE:
                dialogue.handle_ack()
        elif kind != _OURS:
            self._streamed += 1
            if self._streamed == _STREAMS:
                self._streamed = 0
                dialogue.reopen(now)

    def _read(self, now: int) -> None:
        value = word(self._parser.frame, self._offset)
        self._filter.feed(self.counters["skipped_bytes"], now)
        doubtful = self._filter.is_doubtful(0, value, _STEP, now)
        quality = WARMING_UP if self._dialogue.warming_up(now) else STEP if doubtful else OK
        self._sampler.add(self._slot, self._quantity, value * self._scale, quality)
