"""What time it is at this site, and how well that is known. Pure: readings of clocks in, one time out, carried on by the monotonic clock.

Sources, the better before the worse:
  system   the machine's clock, while the kernel says that it is synchronised
  fleet    the fleet's answers: the time in one was right at some moment between question and answer, so half the round trip bounds it
  kept     the last of those two, its error growing with the drift of the machine's crystal
  unsure   nothing yet: the machine's clock, or the last time known before the restart if that is later; nothing may be built on it

A clock that contradicts what is known by more than both errors does not move it: a system clock that jumped is believed when the fleet
confirms it, or when it has stood synchronised for ten minutes and nothing else is known.
"""

from typing import Literal, NamedTuple

SYSTEM: Literal["system"] = "system"
FLEET: Literal["fleet"] = "fleet"
KEPT: Literal["kept"] = "kept"
UNSURE: Literal["unsure"] = "unsure"

UNSURE_ERROR_MS = 100 * 365 * 86_400_000
_DRIFT_PPM = 100  # of the machine's crystal; a Raspberry Pi stays within 50
_LEAP_MS = 1100  # a leap second, and a little
_BELIEVED_AFTER_MS = 600_000
_KEPT_AFTER_MS = 10_000  # without a reading of the source
_EARLIEST_MS = 1_704_067_200_000  # 2024: this program is not older


class Moment(NamedTuple):
    utc_ms: int
    error_ms: int
    source: str


class SiteClock:
    """`system_error_ms`: of the machine's clock while it is synchronised. All other times are of the monotonic clock, in ms."""

    def __init__(self, system_error_ms: int, system_ms: int, not_before_ms: int, now_ms: int) -> None:
        self._system_error_ms = system_error_ms
        self._offset_ms = max(system_ms, not_before_ms, _EARLIEST_MS) - now_ms
        self._error_ms = UNSURE_ERROR_MS
        self._at_ms = now_ms
        self._source: str = UNSURE
        self._fleet_at_ms: int | None = None
        self._rejected: tuple[int, int] | None = None  # offset of a system clock that is not believed, and since when

    def now(self, now_ms: int) -> Moment:
        source = self._source
        if source != UNSURE and now_ms - self._at_ms > _KEPT_AFTER_MS:
            source = KEPT
        return Moment(now_ms + self._offset_ms, self._error_at(now_ms), source)

    def hear_system(self, system_ms: int, now_ms: int, *, synchronised: bool) -> None:
        if not synchronised or system_ms < _EARLIEST_MS:
            self._rejected = None
            return
        offset_ms = system_ms - now_ms
        if self._agrees(offset_ms, self._system_error_ms, now_ms) or self._has_stood(offset_ms, now_ms):
            self._rejected = None
            self._set(offset_ms, self._system_error_ms, now_ms, SYSTEM)

    def hear_fleet(self, fleet_ms: int, asked_ms: int, answered_ms: int) -> None:
        error_ms = (answered_ms - asked_ms + 1) // 2 + 1
        offset_ms = fleet_ms - (asked_ms + answered_ms) // 2
        if fleet_ms < _EARLIEST_MS:
            return
        agrees = self._agrees(offset_ms, error_ms, answered_ms)
        if agrees and error_ms >= self._error_at(answered_ms):
            if self._fleet_at_ms is not None:
                self._fleet_at_ms = answered_ms
            return
        self._fleet_at_ms = answered_ms
        if not agrees or self.now(answered_ms).source != SYSTEM:
            self._set(offset_ms, error_ms, answered_ms, FLEET)

    def _set(self, offset_ms: int, error_ms: int, now_ms: int, source: str) -> None:
        self._offset_ms, self._error_ms, self._at_ms, self._source = offset_ms, error_ms, now_ms, source

    def _error_at(self, now_ms: int) -> int:
        return self._error_ms - (-(now_ms - self._at_ms) * _DRIFT_PPM // 1_000_000)

    def _agrees(self, offset_ms: int, error_ms: int, now_ms: int) -> bool:
        return self._source == UNSURE or abs(offset_ms - self._offset_ms) <= self._error_at(now_ms) + error_ms + _LEAP_MS

    def _has_stood(self, offset_ms: int, now_ms: int) -> bool:
        if self._rejected is None or abs(self._rejected[0] - offset_ms) > _LEAP_MS:
            self._rejected = offset_ms, now_ms
        fleet_holds = self._fleet_at_ms is not None and now_ms - self._fleet_at_ms < _BELIEVED_AFTER_MS
        return not fleet_holds and now_ms - self._rejected[1] >= _BELIEVED_AFTER_MS
