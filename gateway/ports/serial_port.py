"""A serial device on the event loop: pyserial sets it up, its descriptor is watched, nothing blocks.

A device that goes (a plug that is pulled) ends every read and write with PortError; a new SerialPort opens what comes back.
"""

import asyncio
import contextlib
import os
import termios

import serial

from gateway.errors import PortError, reason_of

_READ_BYTES = 4096
_WAITING_BYTES = 65_536  # read and not yet taken; full: the oldest goes


class SerialPort:
    """`open` first, `close` at the end. For one reader and one writer."""

    def __init__(self, device: str, baud: int, parity: str = "N", stop_bits: int = 1) -> None:
        self._device = device
        self._baud = baud
        self._parity = parity
        self._stop_bits = stop_bits
        self._serial: serial.Serial | None = None
        self._received = bytearray()
        self._readable = asyncio.Event()
        self._lost: PortError | None = None
        self.overflowed_bytes = 0

    def open(self) -> None:
        """Raises PortError."""
        try:
            self._serial = serial.Serial(
                self._device, self._baud, parity=self._parity, stopbits=self._stop_bits, timeout=0, write_timeout=0, exclusive=True
            )
            asyncio.get_running_loop().add_reader(self._serial.fileno(), self._on_readable)
        except (OSError, ValueError, termios.error) as error:
            raise PortError(self._device, reason_of(error)) from error

    def close(self) -> None:
        if self._serial is not None:
            asyncio.get_running_loop().remove_reader(self._serial.fileno())
            opened, self._serial = self._serial, None
            with contextlib.suppress(OSError, termios.error):  # it may be gone already
                opened.close()

    async def read(self, timeout_s: float) -> bytes:
        """What has come, at least a byte; empty when nothing comes in time. Raises PortError when the device is gone."""
        if not self._received:
            self._readable.clear()
            if self._lost is not None:
                raise self._lost
            try:
                async with asyncio.timeout(max(0.0, timeout_s)):
                    await self._readable.wait()
            except TimeoutError:
                return b""
        if not self._received and self._lost is not None:
            raise self._lost
        data, self._received = bytes(self._received), bytearray()
        return data

    def discard(self) -> None:
        """What has come and was not read."""
        self._received.clear()

    async def write(self, data: bytes) -> None:
        """Returns when the last bit is on its way out by the speed of the line. Raises PortError."""
        if self._serial is None:
            raise PortError(self._device, "not open")
        view = memoryview(data)
        try:
            while view:
                try:
                    view = view[os.write(self._serial.fileno(), view) :]
                except BlockingIOError:
                    await asyncio.sleep(0.005)
        except OSError as error:
            raise PortError(self._device, reason_of(error)) from error
        await asyncio.sleep(len(data) * 10 / self._baud)

    def _on_readable(self) -> None:
        assert self._serial is not None
        try:
            data = os.read(self._serial.fileno(), _READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(reason_of(error))
            return
        if not data:
            self._lose("the device is gone")
            return
        self._received += data
        over = len(self._received) - _WAITING_BYTES
        if over > 0:
            del self._received[:over]
            self.overflowed_bytes += over
        self._readable.set()

    def _lose(self, reason: str) -> None:
        # A descriptor whose device is gone stays readable for ever.
        assert self._serial is not None
        asyncio.get_running_loop().remove_reader(self._serial.fileno())
        self._lost = PortError(self._device, reason)
        self._readable.set()
