"""Modbus RTU transmitters on one RS-485 bus, each a register map of one model (modbus_models.py). Not a master.

    request   address 1 | function 1 | data | CRC 2, low byte first        a frame ends when the line is still for 3.5 characters
    reply     address   | function   | data | CRC                          exception: function + 128, code 1

Answers: reads of any range of its map (function 3 or 4), writes of its configuration (6, as an echo), exception 1 on another function,
2 on a register outside its map, 3 on an impossible count or value, 4 when it cannot measure. Silent: to other addresses, broadcasts,
frames with a wrong CRC or a gap inside, another baud rate, without power. Not modelled: time on the wire, collisions, parity.
"""

import math
import struct
from collections import deque
from collections.abc import Callable

from hil_tests.sensors.faults import Faults
from hil_tests.sensors.ground_truth import GroundTruth
from hil_tests.sensors.modbus_models import HOLDING, MODELS, Reading
from hil_tests.sensors.scenario import Scenario

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE = 1, 2, 3, 4
WRITE = 6
MAX_REGISTERS = 125
MAX_FRAME_BYTES = 256
BITS_PER_CHARACTER = 10  # 8N1, as all models ship
BOOT_MS = 500


def crc16(data: bytes) -> int:
    """Modbus over Serial Line 1.02, 6.2.2, bit by bit: start FFFF, reflected polynomial A001."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc


def with_crc(data: bytes) -> bytes:
    return data + struct.pack("<H", crc16(data))


def frame_gap_ms(baud: int) -> float:
    """3.5 characters; 1.75 ms above 19200 baud."""
    return 1.75 if baud > 19200 else 3500 * BITS_PER_CHARACTER / baud


def float_word(value: float, at: int) -> int:
    """One of the two words of an IEEE 754 number of 32 bits, the high one at 0."""
    return int(struct.unpack(">HH", struct.pack(">f", value))[at])


# What the registers of a reading hold, by form: of the raw value and its scale.
FORMS: dict[str, tuple[Callable[[int, int], int], ...]] = {
    "word": (lambda raw, scale: raw & 0xFFFF,),
    "float_low_first": (lambda raw, scale: float_word(raw / scale, 1), lambda raw, scale: float_word(raw / scale, 0)),
}


class ModbusExceptionError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(f"Modbus exception {code}")
        self.code = code


class ModbusSlave(GroundTruth):
    """One transmitter. Its values rise from 0 during `settle_ms` after power-on. Obeys the faults "stuck" and "exception".
    Settings survive a loss of power. A new address or baud rate holds after the reply to the write."""

    def __init__(self, model: str, scenario: Scenario, *, address: int = 1, response_ms: int = 30, faults: Faults | None = None) -> None:
        super().__init__()
        self.model = MODELS[model]
        self.scenario = scenario
        self.response_ms = response_ms
        self.settings = {setting.register: setting.initial for setting in self.model.settings}
        self.settings[self.model.address_register] = address
        self.requests = 0
        self.exceptions = 0
        self.faults = faults or Faults(0)
        self._frozen: dict[str, float] = {}
        self._powered = True
        self._started_ms: int | None = None

    @property
    def address(self) -> int:
        return self.settings[self.model.address_register]

    @property
    def baud(self) -> int:
        return self.model.baud_codes.get(self.settings[self.model.baud_register], self.model.baud)

    def power(self, on: bool) -> None:
        """The supply. On again, it boots and settles from the next moment it is shown."""
        if on and not self._powered:
            self._started_ms = None
        self._powered = on

    def begin(self, now_ms: int) -> None:
        if self._powered and self._started_ms is None:
            self._started_ms = now_ms

    def reply(self, request: bytes, now_ms: int) -> bytes | None:
        """The reply, without CRC, to a request of this address, without CRC; None while off or booting."""
        self.begin(now_ms)
        if not self._powered or self._started_ms is None or now_ms - self._started_ms < BOOT_MS:
            return None
        self.requests += 1
        try:
            return request[:2] + self._content(request[1], request[2:], now_ms)
        except ModbusExceptionError as error:
            self.exceptions += 1
            return bytes((request[0], request[1] | 0x80, error.code))

    def _content(self, function: int, data: bytes, now_ms: int) -> bytes:
        if function not in (WRITE, HOLDING, *(reading.function for reading in self.model.readings)):
            raise ModbusExceptionError(ILLEGAL_FUNCTION)
        if len(data) != 4:
            raise ModbusExceptionError(ILLEGAL_VALUE)
        if self.faults.strikes("exception", now_ms):
            raise ModbusExceptionError(DEVICE_FAILURE)
        register, operand = struct.unpack(">HH", data)
        if function == WRITE:
            self._write(register, operand)
            return data
        return self._read(function, register, operand, now_ms)

    def _write(self, register: int, word: int) -> None:
        for setting in self.model.settings:
            if setting.register == register:
                value = word - 0x10000 if setting.least < 0 and word >= 0x8000 else word
                if not setting.least <= value <= setting.greatest:
                    raise ModbusExceptionError(ILLEGAL_VALUE)
                self.settings[register] = value
                return
        raise ModbusExceptionError(ILLEGAL_ADDRESS)

    def _read(self, function: int, register: int, count: int, now_ms: int) -> bytes:
        if not 1 <= count <= MAX_REGISTERS:
            raise ModbusExceptionError(ILLEGAL_VALUE)
        told: dict[str, float] = {}
        words = [self._word(function, register + index, now_ms, told) for index in range(count)]
        if told:
            self.log.add(now_ms, told)
        return struct.pack(f">B{count}H", 2 * count, *words)

    def _word(self, function: int, register: int, now_ms: int, told: dict[str, float]) -> int:
        for reading in self.model.readings:
            at = register - reading.register
            if reading.function == function and 0 <= at < len(FORMS[reading.form]):
                raw = self._raw(reading, now_ms)
                told[reading.quantity] = raw / reading.scale
                return FORMS[reading.form][at](raw, reading.scale)
        if function == HOLDING and register in self.settings:
            return self.settings[register] & 0xFFFF
        if (function, register) in self.model.holes:
            return 0
        raise ModbusExceptionError(ILLEGAL_ADDRESS)

    def _raw(self, reading: Reading, now_ms: int) -> int:
        value = self._shown(reading.quantity, now_ms)
        if math.isnan(value):
            raise ModbusExceptionError(DEVICE_FAILURE)
        offset = self.settings[reading.offset_register] if reading.offset_register is not None else 0
        return min(reading.greatest, max(reading.least, math.floor(value * reading.scale + 0.5) + offset))

    def _shown(self, quantity: str, now_ms: int) -> float:
        truth = self.scenario.value(quantity, now_ms)
        if quantity not in self._frozen or not self.faults.strikes("stuck", now_ms):
            self._frozen[quantity] = truth
        since_start = now_ms - (self._started_ms or 0)
        return self._frozen[quantity] * min(1.0, since_start / self.model.settle_ms)


class ModbusSlaves:
    """The bus. `baud` is the master's; a slave set to another hears nothing. `rejected` counts frames by reason."""

    def __init__(self, slaves: list[ModbusSlave], baud: int | None = None) -> None:
        self.slaves = slaves
        self.baud = slaves[0].baud if baud is None else baud
        self.rejected = {"short": 0, "crc": 0, "long": 0, "nobody": 0}
        self._buffer = bytearray()
        self._last_byte_ms = 0
        self._replies: deque[tuple[float, bytes]] = deque()

    def power(self, on: bool) -> None:
        for slave in self.slaves:
            slave.power(on)

    def handle(self, data: bytes, now_ms: int) -> None:
        self._finish_after_gap(now_ms)
        self._buffer += data[: MAX_FRAME_BYTES + 1 - len(self._buffer)]
        self._last_byte_ms = now_ms

    def next_action(self, now_ms: int) -> bytes | None:
        for slave in self.slaves:
            slave.begin(now_ms)
        self._finish_after_gap(now_ms)
        if self._replies and self._replies[0][0] <= now_ms:
            return self._replies.popleft()[1]
        return None

    def next_due(self) -> float | None:
        dues = [self._last_byte_ms + frame_gap_ms(self.baud)] if self._buffer else []
        dues.extend(due for due, _ in list(self._replies)[:1])
        return min(dues, default=None)

    def _finish_after_gap(self, now_ms: int) -> None:
        if self._buffer and now_ms - self._last_byte_ms >= frame_gap_ms(self.baud):
            frame, self._buffer = bytes(self._buffer), bytearray()
            self._answer(frame, now_ms)

    def _answer(self, frame: bytes, now_ms: int) -> None:
        if fault := _frame_fault(frame):
            self.rejected[fault] += 1
            return
        hearing = [slave for slave in self.slaves if slave.address == frame[0] != 0 and slave.baud == self.baud]
        if not hearing:
            self.rejected["nobody"] += 1
        for slave in hearing:
            reply = slave.reply(frame[:-2], now_ms)
            if reply is not None:
                self._replies.append((now_ms + slave.response_ms, with_crc(reply)))


def _frame_fault(frame: bytes) -> str | None:
    if len(frame) > MAX_FRAME_BYTES:
        return "long"
    if len(frame) < 4:
        return "short"
    return None if frame == with_crc(frame[:-2]) else "crc"
