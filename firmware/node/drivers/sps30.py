# Sensirion SPS30 over UART (datasheet 1.0): what a measurement means, and the driver. Does not depend on how replies
# are found (shdlc.py), and what is asked when (sps30_dialogue.py).
#
#   reply to "read", started in float mode: ten IEEE 754 numbers, high byte first
#   0 4 8 12          PM1, PM2.5, PM4, PM10, ug/m3
#   16 20 24 28 32    particles from 0.3 um to 0.5 1.0 2.5 4.0 10 um, per cm3
#   36                typical size, um
# All zero is data. Its resolution is kept: hundredths of ug/m3. Sizes that contradict each other are the sampler's to see (size_order.py).
# Does not survive: a damage that the checksum does not show, one damaged frame in 256 (weak_check_filter.py).

from contract.binary32 import scaled_float
from contract.quality import OK, OUT_OF_RANGE, SENTINEL, STEP
from node import transient_import
from node.drivers.shdlc import ReplyParser
from node.drivers.sps30_dialogue import WARM_UP_MS, Dialogue
from node.drivers.uart_part import UartPart
from node.drivers.weak_check_filter import WeakCheckFilter

LINE = (115200, 8, "N", 1)

# quantity, one unit of the part in units of the quantity (per cm3 is 100 in 0.1 L), greatest (table 1), step of air (weak_check_filter.py)
_MEASURED = (
    ("pm1_mass", 1, 1000, 2),
    ("pm2_5_mass", 1, 1000, 2),
    ("pm4_mass", 1, 1000, 2),
    ("pm10_mass", 1, 1000, 2),
    ("count_upto_0_5", 100, 3000, 5),
    ("count_upto_1_0", 100, 3000, 5),
    ("count_upto_2_5", 100, 3000, 5),
    ("count_upto_4_0", 100, 3000, 5),
    ("count_upto_10", 100, 3000, 5),
    ("typical_size", 1, 10, 0),
)


def _columns() -> tuple:
    steps = transient_import.call("contract.quantities", "steps", [row[0] for row in _MEASURED])
    units = [step[1] * row[1] for step, row in zip(steps, _MEASURED)]
    return tuple((step[0], unit, row[2] * unit, row[3] * unit) for step, unit, row in zip(steps, units, _MEASURED))


# quantity, wire value of one unit of the part, greatest wire value, step of air
COLUMNS = _columns()


def channels(slot: int, part: str) -> list:
    return [(slot, column[0]) for column in COLUMNS]


def build(sensor: dict, port, sampler, uptime_ms) -> "Sps30":
    return Sps30(sensor["slot"], port, sampler, sensor["clean_every_h"], uptime_ms)


def value(data: "memoryview | bytes", at: int, factor: int) -> "int | None":
    """The wire value of the float at this offset; None when it is no number."""
    return scaled_float(data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3], factor, 1)


class Sps30(UartPart):
    def __init__(self, slot: int, port, sampler, clean_every_h: int, uptime_ms):
        parser = ReplyParser()
        dialogue = Dialogue(clean_every_h, parser.counters, uptime_ms())
        sensor = {"slot": slot, "part": "sps30"}
        super().__init__(sensor, port, sampler, uptime_ms, parser, dialogue, WARM_UP_MS, channels(slot, "sps30"))
        self._filter = WeakCheckFilter(len(COLUMNS))

    def identity(self) -> list:
        """[[slot, part, identity]]: the serial number; empty until the part has reported it."""
        return [[self._slot, self.part, self._dialogue.serial]]

    def health(self) -> list:
        """[[slot, {"fan": 1 stands still, "laser": 1 current out of range, "fan_speed": 1 out of range}]]"""
        return [[self._slot, self._dialogue.health()]]

    def _hear(self, n: int, now: int) -> None:
        if n:
            self._dialogue.handle_bytes(now)
        else:
            self._parser.tear()
        for i in range(n):
            if self._parser.feed(self._chunk[i]):
                self._take(now)

    def _take(self, now: int) -> None:
        parser = self._parser
        if self._dialogue.handle_reply(parser.command, parser.state, parser.data, parser.length, now):
            self._filter.feed(self.counters["skipped_bytes"], now)
            self._add(parser.data, self._dialogue.quality(now), now)

    def _add(self, data: memoryview, quality_of_part: "int | None", now: int) -> None:
        for i in range(len(COLUMNS)):  # enumerate would be an allocation
            quantity, factor, greatest, step = COLUMNS[i]
            found = value(data, 4 * i, factor)
            if found is None:
                self._sampler.add(self._slot, quantity, 0, SENTINEL)
                continue
            quality = OK if 0 <= found <= greatest else OUT_OF_RANGE
            if self._filter.is_doubtful(i, found, step, now) and quality == OK:
                quality = STEP
            self._sampler.add(self._slot, quantity, found, quality if quality_of_part is None else quality_of_part)
