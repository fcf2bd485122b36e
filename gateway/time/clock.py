"""The only place of the gateway that asks what time it is. Everything else is handed a `Clock`, or a number made by one."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from host.kernel_clock import is_synchronised


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _utc_offset_ms(at_ms: int) -> int:
    return 1000 * time.localtime(at_ms / 1000).tm_gmtoff


@dataclass(frozen=True, slots=True)
class Clock:
    """The clocks of this machine.

    utc_ms: ms since 1970 as the system believes it: may jump. What dates things asks the site's clock (site_time.py).
    monotonic_s, monotonic_ms: never go back; count from an unknown moment.
    is_synchronised: whether the kernel holds the system's clock for synchronised: NTP set it, nobody set it by hand since, and not
    too long ago.
    utc_offset_ms: how far the time zone of this machine is ahead of UTC at a moment (UTC, ms): what calendars of rules go by.
    """

    utc_ms: Callable[[], int] = _utc_ms
    monotonic_s: Callable[[], float] = time.monotonic
    monotonic_ms: Callable[[], int] = _monotonic_ms
    is_synchronised: Callable[[], bool] = is_synchronised
    utc_offset_ms: Callable[[int], int] = _utc_offset_ms
