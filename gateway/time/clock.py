"""The only place of the gateway that asks what time it is."""

import ctypes
import time

_TIMEX_BYTES = 512  # struct timex is shorter on every architecture; zeroed it asks and sets nothing (adjtimex(2))
_TIME_ERROR = 5


def utc_ms() -> int:
    """UTC, ms since 1970, as the system believes it: may jump. What dates things asks the site's clock (site_time.py)."""
    return time.time_ns() // 1_000_000


def monotonic_s() -> float:
    """Never goes back; counts from an unknown moment."""
    return time.monotonic()


def monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def is_synchronised() -> bool:
    """Whether the kernel holds the system's clock for synchronised: NTP set it, nobody set it by hand since, and not too long ago."""
    state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return state not in (-1, _TIME_ERROR)


def utc_offset_ms(at_ms: int) -> int:
    """How far the clocks of this machine's time zone are ahead of UTC at that moment: what calendars of rules go by."""
    return 1000 * time.localtime(at_ms / 1000).tm_gmtoff
