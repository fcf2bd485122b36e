"""Bins that lie on the clock: each begins at a whole multiple of its length since local midnight, so that the same bins come at every call,
and a day is a day of the place. Pure.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from contract.faults import Fault
from fleet.errors import InvalidError

DAY_MS = 86_400_000
LEAST_STEP_MS = 1000
STEP_FORM = "a length that divides a day, from 1000 (a second) to 86400000 (a day), such as 60000, 600000, 3600000"
_LAST_MS = 253_402_200_000_000  # the calendar ends; offsets beyond are those of its end


def whole_bins(from_ms: int, to_ms: int, step_ms: int, zone: tzinfo) -> tuple[int, int]:
    """The beginning of the bin that from_ms lies in, and the end of the one that the last moment before to_ms lies in.

    Raises InvalidError on a step that does not divide a day, and where the clocks of the zone are put forward or back within the span so
    that bins of one length cannot begin at local midnight on both sides.
    """
    if not LEAST_STEP_MS <= step_ms <= DAY_MS or DAY_MS % step_ms:
        raise InvalidError(Fault(("step_ms",), STEP_FORM, step_ms))
    shift_ms = _offset_ms(from_ms, zone) % step_ms
    if any(_offset_ms(at_ms, zone) % step_ms != shift_ms for at_ms in _days(from_ms, to_ms)):
        allowed = "a span in which the clocks of the time zone do not change, a shorter step, or tz=UTC"
        raise InvalidError(Fault(("step_ms",), allowed, step_ms))
    begin_ms = (from_ms + shift_ms) // step_ms * step_ms - shift_ms
    end_ms = -(-(to_ms + shift_ms) // step_ms) * step_ms - shift_ms
    return max(0, begin_ms), end_ms


def _days(from_ms: int, to_ms: int) -> list[int]:
    # Each change of the clocks lasts for days; of a span of millennia, which makes too many bins anyhow, a sample.
    pace_ms = max(DAY_MS, (to_ms - from_ms) // 20_000)
    return [*range(from_ms, to_ms, pace_ms), to_ms]


def _offset_ms(at_ms: int, zone: tzinfo) -> int:
    moment = datetime.fromtimestamp(min(at_ms, _LAST_MS) / 1000, UTC).astimezone(zone)
    return (moment.utcoffset() or timedelta()) // timedelta(milliseconds=1)
