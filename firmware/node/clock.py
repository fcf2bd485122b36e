# The only clock: uptime that never wraps, and what UTC it was at an uptime, with a bound. It needs no RTC (rtc.py may add one): a node
# needs no clock to be right, because its uptime and its boot id date a report together with any one synchronisation.

import time

from contract.values import MAX_INT

# Awake, an ESP32 or RP2 runs from a crystal of some tens of ppm; twice that, so that temperature does not break the bound.
DRIFT_PPM = 100
# A crystal that was measured is still another one when it is warmer or colder: the bound never grows slower than by this.
LEAST_DRIFT_PPM = 20
# What a crystal cannot be: the gateway's clock was set, or is being slewed (500 ppm is the most that NTP slews by).
MOST_DRIFT_PPM = 500
# Two answers nearer than this, with bounds of some ms, say nothing about a crystal.
LEAST_SPAN_MS = 600000
_PPM = 1000000


class Uptime:
    """Milliseconds since the first call, as one growing number. Call it more often than once in six days: the counter beneath
    wraps after 12.4 days, and only half of that can be distinguished."""

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
    """UTC as a distance from uptime, known within a bound that grows with the crystal's drift: `drift_ppm`, which is DRIFT_PPM until
    answers that lie far apart show how fast the crystal really is. The time itself is never corrected by it, only its bound."""

    def __init__(self):
        self._offset = 0
        self._error = 0
        self._at: "int | None" = None
        self._first: "tuple | None" = None
        self.drift_ppm = DRIFT_PPM

    def synchronise(self, sent: int, received: int, utc_ms: int, error_ms: int) -> None:
        """The gateway answered with utc_ms +- error_ms at some moment between the uptimes sent and received. The better of the
        old and the new knowledge stays; where they contradict each other the gateway's clock was set, and the new one counts."""
        offset = utc_ms - (sent + received) // 2
        error = error_ms + (received - sent + 1) // 2
        self._measure(received, offset, error)
        known = self.utc(received)
        if known is not None:
            agree = abs(known[0] - (received + offset)) <= known[1] + error
            if agree and known[1] < error:
                return
        self._offset, self._error, self._at = offset, error, received

    def utc(self, uptime: int) -> "tuple | None":
        """(UTC in ms, bound of its error in ms) of an uptime, or None before the first synchronisation, or where a message could
        not say it: before 1970, or beyond MAX_INT."""
        if self._at is None:
            return None
        drift = (abs(uptime - self._at) * self.drift_ppm + _PPM - 1) // _PPM
        utc = uptime + self._offset
        error = self._error + drift
        return (utc, error) if 0 <= utc <= MAX_INT and error <= MAX_INT else None

    def _measure(self, at: int, offset: int, error: int) -> None:
        # Between two answers the crystal cannot have drifted more than their offsets differ, with both errors against us.
        first = self._first
        if first is None:
            self._first = (at, offset, error)
            return
        span = at - first[0]
        if span < LEAST_SPAN_MS:
            if error < first[2]:
                self._first = (at, offset, error)
            return
        moved = abs(offset - first[1])
        both = error + first[2]
        if moved - both > span * MOST_DRIFT_PPM // _PPM:
            self.drift_ppm = DRIFT_PPM  # no crystal: a clock that was set shows nothing about ours
        elif both * _PPM <= span * DRIFT_PPM:
            self.drift_ppm = max(LEAST_DRIFT_PPM, ((moved + both) * _PPM + span - 1) // span)
        elif moved - both > span * self.drift_ppm // _PPM:
            self.drift_ppm = min(MOST_DRIFT_PPM, ((moved + both) * _PPM + span - 1) // span)  # coarse answers, but certainly faster
        else:
            return  # answers too coarse for their distance: the first one stays, so that the distance grows
        self._first = (at, offset, error)


if hasattr(time, "ticks_ms"):
    uptime_ms = Uptime(time.ticks_ms, time.ticks_diff)
else:  # CPython, where the pure parts are tested
    uptime_ms = Uptime(lambda: time.monotonic_ns() // 1000000, lambda end, start: end - start)  # type: ignore[attr-defined]
