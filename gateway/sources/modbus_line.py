"""A Modbus RTU line by minimalmodbus: one question, one outcome. Blocks: it belongs in the thread of its bus."""

import contextlib
import struct
import termios
from typing import Any, NamedTuple

import minimalmodbus
import serial

from contract.quality import EXCEPTION, NO_REPLY, OK, REJECTED
from gateway.errors import PortError, reason_of
from gateway.sources.modbus_slave import Read


class Outcome(NamedTuple):
    """quality: OK with the registers as they came, EXCEPTION, NO_REPLY or REJECTED."""

    quality: int
    data: bytes = b""


class ModbusLine:
    """line: (baud, bits, parity, stop bits)."""

    def __init__(self, device: str, line: tuple[int, int, str, int]) -> None:
        self._device = device
        self._line = line
        self._serial: serial.Serial | None = None
        self._slaves: dict[int, Any] = {}

    def open(self) -> None:
        """Raises PortError."""
        baud, bits, parity, stop_bits = self._line
        try:
            self._serial = serial.Serial(self._device, baud, bytesize=bits, parity=parity, stopbits=stop_bits, timeout=1, exclusive=True)
        except (OSError, ValueError, termios.error) as error:
            raise PortError(self._device, reason_of(error)) from error

    def close(self) -> None:
        if self._serial is not None:
            opened, self._serial = self._serial, None
            self._slaves.clear()
            with contextlib.suppress(OSError, termios.error):  # it may be gone already
                opened.close()

    def ask(self, address: int, read: Read, timeout_s: float) -> Outcome:
        """Raises PortError when the device is gone."""
        if self._serial is None:
            raise PortError(self._device, "not open")
        try:
            self._serial.timeout = timeout_s
            words = self._slave(address).read_registers(read.register, read.count, read.function)
        except minimalmodbus.SlaveReportedException:
            return Outcome(EXCEPTION)
        except minimalmodbus.NoResponseError:
            return Outcome(NO_REPLY)
        except (minimalmodbus.ModbusException, ValueError, TypeError):  # it says so of answers that it cannot make sense of
            return Outcome(REJECTED)
        except (OSError, termios.error) as error:
            raise PortError(self._device, reason_of(error)) from error
        return Outcome(OK, struct.pack(f">{len(words)}H", *words))

    def _slave(self, address: int) -> Any:
        if address not in self._slaves:
            self._slaves[address] = minimalmodbus.Instrument(self._serial, address)
        return self._slaves[address]
