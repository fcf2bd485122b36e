# UTC from the chip's own RTC after a reset that kept its power, until the gateway has answered. What lies in its memory says what it was
# set to, and how well that was known:
#
#   crc32 of the rest, 4 bytes | UTC in ms when it was set, 8 bytes | bound of its error then in ms, 4 bytes     little-endian
#
# Never trusted: without that note (power cut, a chip without such memory, a note that is damaged), when it shows an earlier time than
# it was set to, or one more than a day later. The gateway's answer counts in any case where the two contradict each other.

import binascii
import struct

from node.clock import Clock
from node.portable import const

_MOST_MS = const(86400000)
_MOST_ERROR_MS = const(600000)
# Through a reset the time is carried by an RC oscillator: five in a hundred. And it may be read in whole seconds.
_DRIFT_DIVISOR = const(20)
_RESOLUTION_MS = const(1000)


class RtcClock(Clock):
    """rtc: a machine.RTC. now: uptime."""

    def __init__(self, rtc, now: int):
        super().__init__()
        self._rtc = rtc
        found = restored(rtc)
        if found is not None:
            super().synchronise(now, now, found[0], found[1])

    def synchronise(self, sent: int, received: int, utc_ms: int, error_ms: int) -> None:
        super().synchronise(sent, received, utc_ms, error_ms)
        known = self.utc(received)
        if known is not None and hasattr(self._rtc, "memory"):
            keep(self._rtc, known[0], known[1])


def keep(rtc, utc_ms: int, error_ms: int) -> None:
    rtc.datetime(fields(utc_ms))
    rest = struct.pack("<QI", utc_ms, min(error_ms, 0xFFFFFFFF))
    rtc.memory(struct.pack("<I", binascii.crc32(rest)) + rest)


def restored(rtc) -> "tuple | None":
    """(UTC in ms, bound of its error in ms) now, or None."""
    note = rtc.memory() if hasattr(rtc, "memory") else b""
    if len(note) != 16 or struct.unpack("<I", note[:4])[0] != binascii.crc32(note[4:]):
        return None
    utc_ms, error_ms = struct.unpack("<QI", note[4:])
    shown = utc_of(rtc.datetime())
    since = shown - utc_ms
    error_ms += since // _DRIFT_DIVISOR + _RESOLUTION_MS
    if not -1 <= since <= _MOST_MS or error_ms > _MOST_ERROR_MS:  # -1: microseconds are cut off
        return None
    return shown, error_ms


def utc_of(shown: tuple) -> int:
    """Of (year, month, day, weekday, hour, minute, second, microsecond), ms since 1970. The epoch of `time` differs from port to port."""
    year, month, day, _, hour, minute, second, us = shown
    # Years that begin in March end with the leap day.
    year -= month <= 2
    days = year * 365 + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 719469
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + us // 1000


def fields(utc_ms: int) -> tuple:
    """The reverse, from 1970 to 2099."""
    days, ms = divmod(utc_ms, 86400000)
    year = 1970 + days // 366
    while utc_of((year + 1, 1, 1, 0, 0, 0, 0, 0)) <= utc_ms:
        year += 1
    month = 1
    while month < 12 and utc_of((year, month + 1, 1, 0, 0, 0, 0, 0)) <= utc_ms:
        month += 1
    day = 1 + days - utc_of((year, month, 1, 0, 0, 0, 0, 0)) // 86400000
    seconds = ms // 1000
    return year, month, day, (days + 3) % 7, seconds // 3600, seconds // 60 % 60, seconds % 60, ms % 1000 * 1000
