"""The only place of the gateway that asks what time it is."""

import time


def utc_ms() -> int:
    """UTC, ms since 1970, as the system believes it: may jump."""
    return time.time_ns() // 1_000_000


def monotonic_s() -> float:
    """Never goes back; counts from an unknown moment."""
    return time.monotonic()
