# `time` as a board has it: ticks of 30 bits that begin at power-on, an RTC that counts from 2000. All of it runs at the
# board's rate, or on the bench's clock. Integers only, and small ones: reading the time makes nothing on the heap.

import page
import utime
import words

_PERIOD = 1 << 30
_MASK = _PERIOD - 1
_HALF = _PERIOD >> 1
_2000 = 946684800

_rate = page.get(words.RATE_MILLI)
_zero = page.get(words.TICKS_ZERO_US)
_start_us = page.get(words.TICKS_START_MS) * 1000
if page.get(words.LOCKSTEP):
    import lockstep

    now_us, _sleep_us, spoke = lockstep.now_us, lockstep.sleep_us, lockstep.spoke
else:
    now_us, _sleep_us = utime.ticks_us, utime.sleep_us

    def spoke() -> None:
        pass


def real_us(board_us: int) -> int:
    # How long the host has to wait for that time of the board; rounded up, so that nothing wakes early.
    return -(-board_us * 1000 // _rate)


def uptime_us() -> int:
    return (now_us() - _zero) * _rate // 1000 + _start_us


def ticks_us() -> int:
    return uptime_us() & _MASK


def ticks_ms() -> int:
    return uptime_us() // 1000 & _MASK


ticks_cpu = ticks_us


def ticks_add(ticks: int, delta: int) -> int:
    if not -_HALF < delta < _HALF:
        raise OverflowError("ticks interval overflow")
    return ticks + delta & _MASK


def ticks_diff(end: int, start: int) -> int:
    return (end - start + _HALF & _MASK) - _HALF


def sleep_us(us: int) -> None:
    if us > 0:
        _sleep_us(real_us(us))


def sleep_ms(ms: int) -> None:
    sleep_us(ms * 1000)


def sleep(seconds: "int | float") -> None:
    sleep_us(int(seconds * 1000000))


def rtc_us() -> int:
    return page.get(words.RTC_SET_US) + (now_us() - page.get(words.RTC_ZERO_US)) * _rate // 1000


def set_rtc_us(us: int) -> None:
    page.put(words.RTC_SET_US, us)
    page.put(words.RTC_ZERO_US, now_us())


def time() -> int:
    return rtc_us() // 1000000


def time_ns() -> int:
    return rtc_us() * 1000


def gmtime(seconds: "int | None" = None) -> tuple:
    return utime.gmtime((time() if seconds is None else seconds) + _2000)[:8]


localtime = gmtime


def mktime(fields: tuple) -> int:
    return int(utime.mktime(tuple(fields[:8]) + (0,))) - _2000  # the host's time zone is set to UTC
