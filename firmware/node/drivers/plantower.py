# The Plantower family (PMS5003 series data manual V2.3): what is sent to a part, what its frames become. Does not depend on how frames
# are found (plantower_frames.py), which words a model has (plantower_models.py), when a command is due (dialogue.py), and what noise may
# have forged (plantower_weak_checks.py).
#
# All zero is data: clean air, not "not ready". A part that speaks is awake: clones do not acknowledge. Cubic's PM2009X streams only
# after the active-mode command, which is among the first words anyway. A PMS3003 cannot be asked: it streams, whatever its mode.

from contract.quality import OK, OUT_OF_RANGE, SATURATED, SENSOR_ERROR, STEP, WARMING_UP
from node import transient_import
from node.drivers import plantower_sender
from node.drivers.dialogue import Dialogue
from node.drivers.framing import word
from node.drivers.plantower_frames import ACK, FOREIGN, FrameParser, command
from node.drivers.plantower_weak_checks import PlantowerWeakChecks
from node.drivers.uart_part import ConfirmedValue, UartPart
from node.portable import const

LINE = (9600, 8, "N", 1)
_MODELS = "node.drivers.plantower_models"
WARM_UP_MS = const(30000)  # after power-on and wake: the air in the chamber is the air outside only then (manual, "stable data")
_FULL = const(0xFFFF)  # a count beyond what a word holds

PASSIVE = command(0xE1, 0)
ACTIVE = command(0xE1, 1)
READ = command(0xE2, 0)
SLEEP = command(0xE4, 0)
WAKE = command(0xE4, 1)


def channels(slot: int, part: str) -> list:
    return [(slot, column[1]) for column in transient_import.call(_MODELS, "columns", part)]


def build(sensor: dict, port, sampler, uptime_ms) -> "Plantower":
    return Plantower(sensor, port, sampler, uptime_ms)


def value_of(frame: "bytes | bytearray", column: tuple) -> int:
    """In steps of the column."""
    value = word(frame, column[0])
    return value - 0x10000 if column[4] and value & 0x8000 else value


def quality_of(value: int, column: tuple, error: int, warming_up: bool) -> int:
    """What the part reports about itself comes before what the number looks like."""
    if error:
        return SENSOR_ERROR
    if warming_up:
        return WARMING_UP
    if value > column[3]:
        return OUT_OF_RANGE
    return SATURATED if value == _FULL else OK


class Plantower(UartPart):
    def __init__(self, sensor: dict, port, sampler, uptime_ms):
        self._model = transient_import.call(_MODELS, "model", sensor["part"])
        self._columns = transient_import.call(_MODELS, "columns", sensor["part"])
        parser = FrameParser(self._model[0])
        read = READ if sensor["mode"] == "passive" and self._model[1] else None
        opening = (WAKE, ACTIVE if read is None else PASSIVE)
        dialogue = Dialogue(opening, SLEEP, read, sensor["poll_ms"], WARM_UP_MS, parser.counters, uptime_ms())
        dialogue.speech_counts = True
        own = [(sensor["slot"], column[1]) for column in self._columns]
        super().__init__(sensor, port, sampler, uptime_ms, parser, dialogue, WARM_UP_MS, own)
        self._checks = PlantowerWeakChecks(self._model[1])
        self._firmware = ConfirmedValue()
        self._error = 0
        self._foreign = False

    def identity(self) -> list:
        """[[slot, part, identity]]; the identity is the firmware byte, empty until two frames running have agreed on it."""
        firmware = self._firmware.value
        return [[self._slot, self.part, "" if firmware is None else "firmware %d" % firmware]]

    def health(self) -> list:
        health = {"wrong_model": 1} if self._foreign else {}
        if self._firmware.value is not None:
            health["error"] = self._error
        return [[self._slot, health]]

    def _take_frame(self, kind: int, now: int) -> None:
        frame = self._parser.frame
        if kind == ACK:
            pending = self._dialogue.pending()
            if pending is not None and pending[2] == frame[4] and pending[4] == frame[5]:
                self._dialogue.handle_ack()
        elif kind == FOREIGN or self._is_foreign(frame):
            self._foreign = True
            self._refuse()
        elif self._dialogue.handle_data(now):
            self._read(frame, now)

    def _is_foreign(self, frame: bytearray) -> bool:
        found = plantower_sender.sender(frame, self._model)
        if found == plantower_sender.OURS:
            self._foreign = False
        elif found == plantower_sender.FOREIGN:
            self.counters["wrong_model"] += 1
            return True
        return self._foreign  # what may be of either is of the one that spoke last

    def _read(self, frame: bytearray, now: int) -> None:
        firmware = self._model[4]
        if firmware:
            self._firmware.learn(frame[firmware])
            self._error = frame[firmware + 1]
        doubtful = self._checks.is_doubtful(frame, self.counters["skipped_bytes"], now)
        warming_up = self._dialogue.warming_up(now)
        for column in self._columns:
            value = value_of(frame, column)
            quality = quality_of(value, column, self._error, warming_up)
            if doubtful and quality == OK:
                quality = STEP
            self._sampler.add(self._slot, column[1], value * column[2], quality)
