# One serial port: bytes in within a time, bytes out to the last bit, the RS-485 driver held while we speak. Does not depend on what
# the bytes mean.
#
# It polls `any()` instead of waiting in a stream: a wait that can end by time would cost a task for every few bytes, and must be
# cancelled in the middle of a read. At 9600 baud a step of 10 ms is 10 bytes, far from the end of the UART's own buffer.

from node.portable import const, sleep_ms

_STEP_MS = const(10)
# The event loop may wake us late: the last milliseconds of a transmission are waited for in flush(), which does not yield, so that
# the RS-485 driver is off before the first byte of an answer (3.5 characters: 4 ms at 9600 baud).
_FLUSH_MS = const(3)
# An answer comes soon or not at all; the one who waits for longer waits for a part that speaks by itself, and need not look so often: 48
# characters are 50 ms at 9600 baud, and a tenth of the buffer.
_SOON_MS = const(200)
_UNREAD_CHARACTERS = const(48)
_STALL_STEPS = const(100)
_PARITY = {"N": None, "E": 0, "O": 1}


def open_port(wiring: dict, line: tuple, uptime_ms) -> "Port":
    """wiring: a row of PORTS in boards/*.py. line: (baud, data bits, parity "N" "E" "O", stop bits). uptime_ms: of clock.py."""
    from machine import UART, Pin  # here, so that everything above runs without a board

    uart = UART(wiring["uart"], baudrate=line[0], tx=wiring["tx"], rx=wiring["rx"], rxbuf=wiring["rxbuf"], timeout=0)
    de = None if wiring["de"] is None else Pin(wiring["de"], Pin.OUT, value=0)
    port = Port(uart, uptime_ms, de)
    port.reconfigure(line)
    return port


def opener(ports: dict, uptime_ms):
    """open_port by the number of a port of the board; the function raises KeyError on one that it does not have."""
    return lambda number, line: open_port(ports[number], line, uptime_ms)


class Port:
    """uart: a machine.UART with a timeout of 0. de: the pin that enables the RS-485 driver, if the port has one."""

    def __init__(self, uart, uptime_ms, de=None):
        self._uart = uart
        self._uptime_ms = uptime_ms
        self._de = de
        self.tap = None  # called with (whether we sent it, bytes) while a technician looks on
        self.character_us = 1042  # 9600 baud, 8N1, until reconfigure
        self.pause = sleep_ms
        self._timeout_ms = 0
        self._end_ms = 0

    def reconfigure(self, line: tuple) -> None:
        baud, bits, parity, stop = line
        self._uart.init(baudrate=baud, bits=bits, parity=_PARITY[parity], stop=stop)
        bits_of_character = 1 + bits + (parity != "N") + stop
        self.character_us = (bits_of_character * 1000000 + baud - 1) // baud

    # Waiting in pieces, for a loop that must not allocate: each call of a coroutine of ours is 100 bytes.
    #     expect(timeout_ms); await pause(0); while next_pause() is not 0: await pause(that); read(view)

    def expect(self, timeout_ms: int) -> None:
        self._timeout_ms = timeout_ms
        self._end_ms = self._uptime_ms() + timeout_ms

    def next_pause(self) -> int:
        """How long to wait before the next look, in ms; 0 when there are bytes, or none came in time."""
        if self._uart.any():
            return 0
        left = self._end_ms - self._uptime_ms()
        if left <= 0:
            return 0
        soon = self._timeout_ms - left <= _SOON_MS
        return min(left, _STEP_MS if soon else max(_STEP_MS, _UNREAD_CHARACTERS * self.character_us // 1000))

    def read(self, view: memoryview) -> int:
        """Bytes that are there, up to the length of the view."""
        count = (self._uart.readinto(view) or 0) if self._uart.any() else 0
        if self.tap is not None and count:
            self.tap(False, view[:count])
        return count

    async def readinto(self, view: memoryview, timeout_ms: int) -> int:
        """Bytes that are there, up to the length of the view; 0 when none came in time. Yields at least once."""
        self.expect(timeout_ms)
        pause = 0
        while True:
            await sleep_ms(pause)
            pause = self.next_pause()
            if not pause:
                return self.read(view)

    def write_now(self, data: bytes) -> int:
        """How many bytes the UART takes at once, without waiting for the last bit; none where a driver has to be held meanwhile."""
        if self._de is not None:
            return 0
        taken = self._uart.write(data) or 0
        if self.tap is not None and taken:
            self.tap(True, data[:taken])
        return taken

    async def write(self, data: bytes) -> bool:
        """Returns after the last bit; False when the UART took no byte for a second, the rest is then given up."""
        if self.tap is not None:
            self.tap(True, data)
        if self._de is not None:
            self._de(1)
        try:
            if not await self._send(data):
                return False
            await sleep_ms(max(0, len(data) * self.character_us // 1000 - _FLUSH_MS))
            self._uart.flush()
            return True
        finally:
            if self._de is not None:
                self._de(0)

    async def _send(self, data: bytes) -> bool:
        sent = self._uart.write(data) or 0
        idle = 0
        while sent < len(data):
            if idle >= _STALL_STEPS:
                return False
            await sleep_ms(_STEP_MS)
            taken = self._uart.write(data[sent:]) or 0
            idle = 0 if taken else idle + 1
            sent += taken
        return True
