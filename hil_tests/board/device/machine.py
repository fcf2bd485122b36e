# `machine` as on an ESP32, for what the node uses: serial ports are inherited pseudo-terminals, the watchdog is the host's,
# a reset is an exit code. Refuses to know what hangs on the wires.

import io
import select
import sys
import time

import page
import words

PWRON_RESET = words.PWRON_RESET
HARD_RESET = words.HARD_RESET
WDT_RESET = words.WDT_RESET
DEEPSLEEP_RESET = words.DEEPSLEEP_RESET
SOFT_RESET = words.SOFT_RESET

_POLL = 3  # requests of py/stream.h
_CLOSE = 4
_GET_FILENO = 10
_EINVAL = 22

_unique_id = bytes.fromhex(sys.argv[3])
# Opened once: a file object that the collector finds unused would close the inherited descriptor.
_ports = [open(int(fd), "r+b") for fd in sys.argv[4].split(",") if fd]


def unique_id() -> bytes:
    return _unique_id


def reset() -> None:
    page.die(words.EXIT_RESET)


def soft_reset() -> None:
    raise SystemExit


def reset_cause() -> int:
    return page.get(words.RESET_CAUSE)


def freq(hz: int = 240000000) -> int:
    return hz


def idle() -> None:
    time.sleep_us(1000)


class Pin:
    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2

    def __init__(self, id: int, mode: int = -1, pull: int = -1, *, value: "int | None" = None):
        self._bit = 1 << id
        self.init(mode, pull, value=value)

    def init(self, mode: int = -1, pull: int = -1, *, value: "int | None" = None) -> None:
        self._word = words.PINS_IN if mode == Pin.IN else words.PINS_OUT
        if value is not None:
            self.value(value)

    def value(self, level: "int | None" = None) -> "int | None":
        levels = page.get(self._word)
        if level is None:
            return 1 if levels & self._bit else 0
        page.put(words.PINS_OUT, levels | self._bit if level else levels & ~self._bit)

    def on(self) -> None:
        self.value(1)

    def off(self) -> None:
        self.value(0)

    __call__ = value


class UART(io.IOBase):
    def __init__(self, id: int, baudrate: int = 115200, bits: int = 8, parity: "int | None" = None, stop: int = 1, **options):
        if not 0 <= id < len(_ports):
            raise ValueError("UART(" + str(id) + ") does not exist")
        self._id = id
        self._port = _ports[id]
        self._fd = self._port.fileno()
        self._sent_us = 0
        self._timeout_ms = 0
        self.init(baudrate, bits, parity, stop, **options)

    # The pins and sizes of buffers are accepted and have no meaning: a pseudo-terminal holds 4 KiB.
    def init(self, baudrate=115200, bits=8, parity=None, stop=1, tx=None, rx=None, rxbuf=256, txbuf=256, timeout=0, timeout_char=0):
        self._timeout_ms = timeout
        self._character_us = (1 + bits + (parity is not None) + stop) * 1000000 // baudrate
        at = words.UARTS + words.UART_WORDS * self._id
        for word, value in enumerate((baudrate, bits, -1 if parity is None else parity, stop)):
            page.put(at + word, value)

    def deinit(self) -> None:
        page.put(words.UARTS + words.UART_WORDS * self._id, 0)

    def any(self) -> int:
        return page.waiting_bytes(self._fd)

    def read(self, *count) -> "bytes | None":
        self._wait()
        return self._port.read(*count)

    def readline(self) -> "bytes | None":
        self._wait()
        return self._port.readline()

    def readinto(self, buffer: bytearray, *count) -> "int | None":
        if self._timeout_ms:
            self._wait()
        return self._port.readinto(buffer, *count)

    def write(self, data: bytes) -> "int | None":
        count = self._port.write(data)
        if count:
            time.spoke()
            self._sent_us = max(self._sent_us, time.uptime_us()) + count * self._character_us
        return count

    def txdone(self) -> bool:
        return time.uptime_us() >= self._sent_us

    def flush(self) -> None:
        time.sleep_us(self._sent_us - time.uptime_us())

    def ioctl(self, request: int, argument: int) -> int:
        if request == _GET_FILENO:  # lets the poller of asyncio sleep in the kernel
            return self._fd
        if request == _POLL:
            return argument & (select.POLLOUT | (select.POLLIN if self.any() else 0))
        return 0 if request == _CLOSE else -_EINVAL

    def _wait(self) -> None:
        end = time.uptime_us() + self._timeout_ms * 1000
        while not self.any() and time.uptime_us() < end:
            time.sleep_ms(1)


class WDT:
    def __init__(self, id: int = 0, timeout: int = 5000):
        self.feed()
        page.put(words.WDT_TIMEOUT_MS, timeout)
        page.wake_host()

    def feed(self) -> None:
        page.put(words.WDT_FED_US, time.now_us())
        sys.modules["socket"].obey_access_point()


class RTC:
    def datetime(self, fields: "tuple | None" = None) -> "tuple | None":
        if fields is None:
            us = time.rtc_us()
            year, month, day, hour, minute, second, weekday, _ = time.gmtime(us // 1000000)
            return (year, month, day, weekday, hour, minute, second, us % 1000000)
        year, month, day, _, hour, minute, second, us = fields
        time.set_rtc_us(time.mktime((year, month, day, hour, minute, second, 0, 0)) * 1000000 + us)

    def memory(self, data: "bytes | None" = None) -> "bytes | None":
        if data is None:
            return bytes(page.memory[words.RTC_MEMORY : words.RTC_MEMORY + page.get(words.RTC_MEMORY_BYTES)])
        if len(data) > words.PAGE_BYTES - words.RTC_MEMORY:
            raise ValueError("buffer too long")
        page.memory[words.RTC_MEMORY : words.RTC_MEMORY + len(data)] = data
        page.put(words.RTC_MEMORY_BYTES, len(data))
