# Tera NextPM (opendata-stuttgart/sensors-software: airrohr-firmware; pjgueno/NextPMlib: nextpm.cpp; Tera "NextPM User Guide"): frames, what
# they mean, and the driver. Does not depend on how frames are found in noise (framing.py) and how readings become a report.
#
#   question  81 command | check
#   answer    81 command state | data | check    command 16 state, 15 run or stop: no data; 17 version: a word;
#             11 averages of 10 s: words N1 N2.5 N10 PM1 PM2.5 PM10, high byte first; masses in tenths of ug/m3
#   check     makes the sum of all bytes 0 in its low byte
#   state     bits 0 stopped, 1 degraded, 2 not ready, 3 heater, 4 T/RH, 5 fan, 6 memory, 7 laser
#
# 115200 8E1 by the maker's own firmware (tera-sensor/nextpm-airgradient-openair) and NextPMlib. A part that is stopped answers any question
# with its state. The numbers N are not read: public sources disagree on their unit (per litre, decilitre, millilitre). Temperature and
# humidity (command 14) are not read either: they are those inside of the part, and sources correct them differently.
#
# 15 toggles: it is never repeated blindly. Its answer may be lost, so the state is asked before and after, and believed when two agree.
# Does not survive: a damage that the check does not show, one damaged frame in 256 (weak_check_filter.py).

from contract.quality import OK, SENSOR_ERROR, STEP, WARMING_UP
from node import transient_import
from node.drivers.dialogue import Dialogue
from node.drivers.framing import Framing, total, word
from node.drivers.uart_part import ConfirmedValue, UartPart
from node.drivers.weak_check_filter import WeakCheckFilter
from node.portable import const

LINE = (115200, 8, "E", 1)

# kinds of frames: their command
DATA = const(0x11)
TOGGLE = const(0x15)
STATE = const(0x16)
VERSION = const(0x17)
_LENGTHS = ((DATA, 16), (TOGGLE, 4), (STATE, 4), (VERSION, 6))
_LONGEST = const(16)

_STOPPED = const(0x01)
_NOT_READY = const(0x04)
_FAULTS = const(0xFA)
_HEALTH = (("degraded", 0x02), ("heater", 0x08), ("humidity_sensor", 0x10), ("fan", 0x20), ("memory", 0x40), ("laser", 0x80))

_SETTLE_MS = const(3000)  # after a toggle; what it answers earlier may be the older state
_LOOK_MS = const(10000)
_STEP = const(100)  # 10 ug/m3

# offset, quantity, wire value of one step
_STEPS = transient_import.call("contract.quantities", "steps", ("pm1_mass", "pm2_5_mass", "pm10_mass"))
COLUMNS = tuple((at, found[0], found[1] // 10) for at, found in zip((9, 11, 13), _STEPS))


def command(code: int) -> bytes:
    return bytes((0x81, code, -(0x81 + code) & 0xFF))


ASK_DATA = command(DATA)
ASK_TOGGLE = command(TOGGLE)
ASK_STATE = command(STATE)
ASK_VERSION = command(VERSION)


def channels(slot: int, part: str) -> list:
    return [(slot, column[1]) for column in COLUMNS]


def build(sensor: dict, port, sampler, uptime_ms) -> "NextPm":
    return NextPm(sensor, port, sampler, uptime_ms)


class FrameParser(Framing):
    def __init__(self):
        super().__init__(_LONGEST)

    def _size(self, buffer: bytearray, at: int, n: int) -> int:
        if buffer[at] != 0x81:
            return 0
        if n == 1:
            return 2
        for code, size in _LENGTHS:
            if buffer[at + 1] == code:
                return size
        return 0

    def _kind(self, buffer: bytearray, at: int, size: int) -> int:
        if total(buffer, at, size) & 0xFF:
            self.counters["rejected_checksum"] += 1
            return 0
        self.counters["frames"] += 1
        return buffer[at + 1]


class NextPm(UartPart):
    def __init__(self, sensor: dict, port, sampler, uptime_ms):
        parser = FrameParser()
        warm_up_ms = sensor["warm_up_s"] * 1000
        opening = (ASK_STATE, ASK_VERSION, ASK_VERSION)
        dialogue = Dialogue(opening, ASK_STATE, ASK_DATA, sensor["poll_ms"], warm_up_ms, parser.counters, uptime_ms())
        super().__init__(sensor, port, sampler, uptime_ms, parser, dialogue, warm_up_ms, channels(sensor["slot"], sensor["part"]))
        self.counters["toggles"] = 0
        self._filter = WeakCheckFilter(len(COLUMNS))
        self._version = ConfirmedValue()
        self._state = ConfirmedValue()
        self._ready_ms = 0  # of a part that was found stopped
        self._settled_ms = 0
        self._look_ms = 0
        self._toggle = False

    def identity(self) -> list:
        """[[slot, part, identity]]; the identity is the firmware, empty until two answers running have agreed on it."""
        version = self._version.value
        return [[self._slot, self.part, "" if version is None else "firmware %04x" % version]]

    def health(self) -> list:
        state = self._state.value
        return [[self._slot, {} if state is None else {key: int(state & bit != 0) for key, bit in _HEALTH}]]

    def _next_action(self, now: int) -> "bytes | None":
        if self._toggle:
            self._toggle = False
            self.counters["toggles"] += 1
            self._settled_ms = now + _SETTLE_MS
            self._look_ms = self._settled_ms
            if not self._dialogue.asleep:
                self._ready_ms = now + self.warm_up_ms
            return ASK_TOGGLE
        if now >= self._look_ms and self._dialogue.pending() is None:
            self._look_ms = now + _LOOK_MS
            return ASK_STATE
        return super()._next_action(now)

    def _take_frame(self, kind: int, now: int) -> None:
        frame = self._parser.frame
        sent = self._dialogue.pending()
        if sent is not None and sent[1] == kind:
            self._dialogue.handle_ack()
        if kind == VERSION:
            self._version.learn(word(frame, 3))
        self._hear_state(frame[2], now)
        if kind == DATA and not frame[2] & _STOPPED and self._dialogue.handle_data(now):
            self._read(frame, now)
        elif frame[2] & _NOT_READY and not self._dialogue.asleep:
            self._sampler.miss(self._slot, WARMING_UP)

    def _hear_state(self, state: int, now: int) -> None:
        if now < self._settled_ms:
            return
        self._state.learn(state)
        if self._state.value != state:
            self._look_ms = min(self._look_ms, now)  # one more must agree
        elif bool(state & _STOPPED) != self._dialogue.asleep:
            self._toggle = True

    def _read(self, frame: bytearray, now: int) -> None:
        self._filter.feed(self.counters["skipped_bytes"], now)
        warming_up = frame[2] & _NOT_READY or now < self._ready_ms or self._dialogue.warming_up(now)
        for index in range(len(COLUMNS)):  # enumerate would be an allocation
            at, quantity, step = COLUMNS[index]
            value = word(frame, at)
            doubtful = self._filter.is_doubtful(index, value, _STEP, now)
            quality = SENSOR_ERROR if frame[2] & _FAULTS else WARMING_UP if warming_up else STEP if doubtful else OK
            self._sampler.add(self._slot, quantity, value * step, quality)
