"""The clock of the fleet service: the only place that asks the operating system for the time.

Does not depend on what the time is used for. Everything else is handed a `Clock`, or a number made by one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """utc_ms: for what is recorded. monotonic_ms: for intervals, which a clock jump must not stretch."""

    utc_ms: Callable[[], int] = _utc_ms
    monotonic_ms: Callable[[], int] = _monotonic_ms
