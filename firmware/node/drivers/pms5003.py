# Plantower PMS5003 (series data manual V2.3): what a data frame means, and the driver. Refuses to know how frames are found
# (plantower.py), what is said to the part and when (pms5003_dialogue.py), what noise may have forged (pms5003_doubt.py), and how
# readings become a report.
#
#   offset  4 6 8      PM1, PM2.5, PM10, "CF=1", ug/m3          28  firmware
#          10 12 14    PM1, PM2.5, PM10, "atmospheric", ug/m3   29  error
#          16 .. 26    particles above 0.3 0.5 1 2.5 5 10 um in 0.1 L
#
# All zero is data: clean air, not "not ready". The models S, ST and T put other things at 24 to 29; the type is a setting.

from contract.quality import INCONSISTENT, OK, OUT_OF_RANGE, SENSOR_ERROR, STEP, WARMING_UP
from contract.quantities import ID, scale
from node.drivers.plantower import ACK, DATA, FrameParser, word
from node.drivers.pms5003_dialogue import Dialogue
from node.drivers.pms5003_doubt import Doubt
from node.portable import const

LINE = (9600, 8, "N", 1)

_PM_GREATEST = const(1000)  # ug/m3: the manual promises no more
_COUNT_GREATEST = const(65535)
_FIRMWARE = const(28)
_ERROR = const(29)
_CF1 = const(4)
_ATM = const(10)
_CHUNK_BYTES = const(64)
_WAIT_MS = const(500)

# offset, quantity, wire value of one step, greatest word, offset of the triple whose order it must keep (0: none)
COLUMNS = tuple(
    (offset, ID[key], scale(ID[key]), greatest, triple)
    for offset, key, greatest, triple in (
        (4, "pm1_cf1", _PM_GREATEST, _CF1),
        (6, "pm2_5_cf1", _PM_GREATEST, _CF1),
        (8, "pm10_cf1", _PM_GREATEST, _CF1),
        (10, "pm1_atm", _PM_GREATEST, _ATM),
        (12, "pm2_5_atm", _PM_GREATEST, _ATM),
        (14, "pm10_atm", _PM_GREATEST, _ATM),
        (16, "count_0_3", _COUNT_GREATEST, 0),
        (18, "count_0_5", _COUNT_GREATEST, 0),
        (20, "count_1_0", _COUNT_GREATEST, 0),
        (22, "count_2_5", _COUNT_GREATEST, 0),
        (24, "count_5_0", _COUNT_GREATEST, 0),
        (26, "count_10", _COUNT_GREATEST, 0),
    )
)


def channels(slot: int) -> list:
    return [(slot, column[1]) for column in COLUMNS]


def contradicts(frame: "bytes | bytearray", triple: int) -> bool:
    """PM1 is part of PM2.5 is part of PM10: anything else is a fault of the part."""
    return not word(frame, triple) <= word(frame, triple + 2) <= word(frame, triple + 4)


def quality_of(frame: "bytes | bytearray", column: tuple, warming_up: bool) -> int:
    """What the part says of itself comes before what the number looks like."""
    offset, _, _, greatest, triple = column
    if frame[_ERROR]:
        return SENSOR_ERROR
    if warming_up:
        return WARMING_UP
    if word(frame, offset) > greatest:
        return OUT_OF_RANGE
    if triple and contradicts(frame, triple):
        return INCONSISTENT
    return OK


class Pms5003:
    part = "pms5003"

    def __init__(self, slot: int, port, sampler, mode: str, poll_ms: int, uptime_ms):
        self.channels = channels(slot)
        self._slot = slot
        self._port = port
        self._sampler = sampler
        self._uptime_ms = uptime_ms
        self._parser = FrameParser()
        self.counters = self._parser.counters
        self.counters["write_stalls"] = 0
        self._dialogue = Dialogue(mode, poll_ms, self.counters, uptime_ms())
        self._doubt = Doubt()
        self._chunk = bytearray(_CHUNK_BYTES)
        self._view = memoryview(self._chunk)
        self._firmware: "int | None" = None
        self._told_firmware: "int | None" = None

    def identity(self) -> list:
        """[[slot, part, identity]]; the identity is the firmware byte, empty until two frames running have told it."""
        return [[self._slot, self.part, "" if self._firmware is None else "firmware %d" % self._firmware]]

    def sleep(self) -> None:
        """Fan and laser off, at the next turn; readings are `asleep` from now on."""
        self._dialogue.sleep()

    def wake(self) -> None:
        """On again, at the next turn; warming up for 30 s from now on."""
        self._dialogue.wake(self._uptime_ms())

    async def run(self, beat) -> None:
        while True:
            beat()
            await self.turn()

    async def turn(self) -> None:
        """Says what is due, then hears what comes until something else is due."""
        dialogue = self._dialogue
        now = self._uptime_ms()
        action = dialogue.next_action(now)
        if action is not None and not await self._port.write(action):
            self.counters["write_stalls"] += 1
        n = await self._port.readinto(self._view, max(0, min(_WAIT_MS, dialogue.next_due(now) - now)))
        now = self._uptime_ms()
        if n:
            dialogue.handle_bytes(now)
            self._parser.feed(self._view, n)
        elif dialogue.torn(now):
            self._parser.tear()
        self._take_frames(now)
        reason = dialogue.missing(now)
        if reason is not None:
            self._sampler.miss(self._slot, reason)

    def _take_frames(self, now: int) -> None:
        frame = self._parser.frame
        kind = self._parser.next_frame()
        while kind is not None:
            if kind == ACK:
                self._dialogue.handle_ack(frame[4], frame[5])
            elif kind == DATA and self._dialogue.handle_data(now):
                self._learn(frame[_FIRMWARE])
                doubtful = self._doubt.about(frame, self.counters["skipped_bytes"], now)
                self._add(frame, self._dialogue.warming_up(now), doubtful)
            kind = self._parser.next_frame()

    def _learn(self, firmware: int) -> None:
        # Two frames must agree: a changed identity is an event, and damage that the sum does not show must not make one.
        if firmware == self._told_firmware:
            self._firmware = firmware
        self._told_firmware = firmware

    def _add(self, frame: bytearray, warming_up: bool, doubtful: bool) -> None:
        for column in COLUMNS:
            quality = quality_of(frame, column, warming_up)
            if doubtful and quality == OK:
                quality = STEP
            self._sampler.add(self._slot, column[1], word(frame, column[0]) * column[2], quality)
