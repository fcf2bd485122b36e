"""Moments as people and programs write and read them: ms since 1970, UTC, beside ISO 8601 with an offset. Pure.

In, a moment is `from_ms=1795846000000` or `from=2026-11-28T14:00:00+08:00` (or Z). A local time without an offset is refused, because it
names no moment; so is a number that looks like seconds. Out, each moment `x_ms` has its text `x` beside it, in the district's time zone;
null for a moment that a calendar cannot say.
"""

import re
from datetime import UTC, datetime, tzinfo

from contract.faults import Fault
from contract.values import MAX_INT
from fleet.errors import InvalidError

# 2000 to 2100 in ms; as seconds, microseconds and nanoseconds the same years are other numbers.
_FIRST_MS = 946_684_800_000
_LAST_MS = 4_102_444_800_000
_UNITS = ((1000, "seconds"), (1, ""), (1 / 1000, "microseconds"), (1 / 1_000_000, "nanoseconds"))
EXAMPLE = "2026-11-28T14:00:00+08:00"
FORM = f"a date and time with its offset, such as {EXAMPLE} or 2026-11-28T06:00:00Z"
MS_FORM = "milliseconds since 1970, UTC: 0, or of the years 2000 to 2100"
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII | re.IGNORECASE)


def moment_of_text(name: str, text: str) -> int:
    """ms. Raises InvalidError that says how to write it."""
    written = text.strip()
    match = _ISO.fullmatch(written)
    if match is None:
        # In a query an unescaped + is a space.
        hint = "; write + as %2B" if re.search(r"\d \d{2}:?\d{2}$", written) else ""
        raise InvalidError(Fault((name,), FORM + hint, text))
    try:
        moment = datetime.fromisoformat(written.upper().replace(",", "."))
    except ValueError:
        raise InvalidError(Fault((name,), FORM + "; there is no such date or time", text)) from None
    if moment.tzinfo is None:
        raise InvalidError(Fault((name,), f"{FORM}; without an offset it names no moment", text))
    try:
        return max(0, int(moment.timestamp() * 1000 + 0.5))
    except (OverflowError, ValueError):
        raise InvalidError(Fault((name,), FORM, text)) from None


def moment_of_number(name: str, number: int) -> int:
    """The number. Raises InvalidError on one of no plausible year, with the unit that it looks like."""
    if number == 0 or _FIRST_MS <= number <= _LAST_MS:
        return number
    looks = next((unit for factor, unit in _UNITS if _FIRST_MS <= number * factor <= _LAST_MS), "")
    hint = f"; this looks like {looks}" if looks else f"; another year is written as a date, in `{name.removesuffix('_ms')}`"
    raise InvalidError(Fault((name,), MS_FORM + hint, number))


def text_of(moment_ms: int, zone: tzinfo) -> str | None:
    """ISO 8601 with ms and the offset of the zone; None for what is beyond the calendar."""
    if not 0 <= moment_ms <= MAX_INT:
        return None
    try:
        return (
            datetime.fromtimestamp(moment_ms // 1000, UTC)
            .replace(microsecond=moment_ms % 1000 * 1000)
            .astimezone(zone)
            .isoformat(timespec="milliseconds")
        )
    except (OverflowError, ValueError):
        return None
