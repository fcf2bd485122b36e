"""The host's side of the page shared with the interpreter (device/words.py names its words). Does not know who reads them."""

import mmap
import os

from hil_tests.board.device import words


class Page:
    """64-bit words by number, and the RTC. `fd` is what the interpreter inherits."""

    def __init__(self, rate: float, ticks_start_ms: int, heap_probe_ms: int) -> None:
        self.fd = os.memfd_create("board-page")
        os.ftruncate(self.fd, words.PAGE_BYTES)
        self._map = mmap.mmap(self.fd, words.PAGE_BYTES)
        self._words = memoryview(self._map).cast("q")
        self[words.RATE_MILLI] = round(rate * 1000)
        self[words.TICKS_START_MS] = ticks_start_ms
        self[words.HEAP_PROBE_MS] = heap_probe_ms
        self[words.ACCESS_POINT] = 1

    def __getitem__(self, word: int) -> int:
        return self._words[word]

    def __setitem__(self, word: int, value: int) -> None:
        self._words[word] = value

    def begin(self, cause: int, now_us: int) -> None:
        """What the chip's registers hold when its code starts, by the cause of the start."""
        self[words.RESET_CAUSE] = cause
        self[words.INTERRUPTIBLE] = 0
        self[words.WAITING] = 0
        self[words.NOW_US] = now_us
        if cause == words.SOFT_RESET:
            return
        self[words.TICKS_ZERO_US] = now_us
        for register in (words.WDT_TIMEOUT_MS, words.RAW_REPL, words.PINS_OUT):
            self[register] = 0
        if cause == words.PWRON_RESET:
            self[words.RTC_ZERO_US] = now_us
            self[words.RTC_SET_US] = 0
            self[words.RTC_MEMORY_BYTES] = 0

    def watchdog_due_us(self) -> int | None:
        """CLOCK_MONOTONIC by which it has to be fed again; None while it is not started."""
        timeout_ms = self[words.WDT_TIMEOUT_MS]
        if not timeout_ms:
            return None
        return self[words.WDT_FED_US] + timeout_ms * 1_000_000 // self[words.RATE_MILLI]

    def close(self) -> None:
        self._words.release()
        self._map.close()
        os.close(self.fd)
