# The only clock: uptime that never wraps, and what UTC it was at an uptime, with a bound. It never sets or reads an RTC: a node
# needs no clock to be right, because its uptime and its boot id date a report together with any one synchronisation.

import time

# Awake, an ESP32 or RP2 runs from a crystal of some tens of ppm; twice that, so that temperature does not break the bound.
DRIFT_PPM = 100


class Uptime:
    """Milliseconds since the first call, as one growing number. Call it more often than once in six days: the counter beneath
    wraps after 12.4 days, and only half of that can be told apart."""

    def __init__(self, ticks_ms, ticks_diff):
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._last = ticks_ms()
        self._total = 0

    def __call__(self) -> int:
        now = self._ticks_ms()
        self._total += self._ticks_diff(now, self._last)
        self._last = now
        return self._total


class Clock:
    """UTC as a distance from uptime, known within a bound that grows with the crystal's drift."""

    def __init__(self):
        self._offset = 0
        self._error = 0
        self._at: "int | None" = None

    def synchronise(self, sent: int, received: int, utc_ms: int, error_ms: int) -> None:
        """The gateway answered with utc_ms +- error_ms at some moment between the uptimes sent and received. The better of the
        old and the new knowledge stays; where they contradict each other the gateway's clock was set, and the new one counts."""
        offset = utc_ms - (sent + received) // 2
        error = error_ms + (received - sent + 1) // 2
        known = self.utc(received)
        if known is not None:
            agree = abs(known[0] - (received + offset)) <= known[1] + error
            if agree and known[1] < error:
                return
        self._offset, self._error, self._at = offset, error, received

    def utc(self, uptime: int) -> "tuple | None":
        """(UTC in ms, bound of its error in ms) of an uptime, or None before the first synchronisation."""
        if self._at is None:
            return None
        drift = (abs(uptime - self._at) * DRIFT_PPM + 999999) // 1000000
        return uptime + self._offset, self._error + drift


if hasattr(time, "ticks_ms"):
    uptime_ms = Uptime(time.ticks_ms, time.ticks_diff)
else:  # CPython, where the pure parts are tested
    uptime_ms = Uptime(lambda: time.monotonic_ns() // 1000000, lambda end, start: end - start)  # type: ignore[attr-defined]
