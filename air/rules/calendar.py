"""Whether a rule is in force at a local time, handed in as ms since 1970. Knows the shape of contract/site/schedules.py, and no time zones.

Raises OverflowError or ValueError for a time outside the years 1 to 9999.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from contract.site.schedules import minutes

Offset = Callable[[int], int]  # UTC ms -> ms that the site's clocks are ahead of it
DAY_MINUTES = 1440
_EPOCH = date(1970, 1, 1).toordinal()


class Entry(NamedTuple):
    days: frozenset[int]
    months: frozenset[int]
    first: int
    end: int


def entries(when: Iterable[dict[str, Any]]) -> tuple[Entry, ...]:
    """From a schedule without faults."""
    return tuple(_entry(row) for row in when)


def in_force(schedule: tuple[Entry, ...], local_ms: int) -> bool:
    """No entry at all means always."""
    if not schedule:
        return True
    day, minute = divmod(local_ms // 60_000, DAY_MINUTES)
    return any(_holds(entry, day, minute) for entry in schedule)


def _entry(row: dict[str, Any]) -> Entry:
    first, end = minutes(row.get("from", "00:00")), minutes(row.get("to", "24:00"))
    assert first is not None and end is not None
    if first == end:
        first, end = 0, DAY_MINUTES
    return Entry(frozenset(row.get("days", range(1, 8))), frozenset(row.get("months", range(1, 13))), first, end)


def _holds(entry: Entry, day: int, minute: int) -> bool:
    if entry.first < entry.end:
        return entry.first <= minute < entry.end and _is_day(entry, day)
    return (minute >= entry.first and _is_day(entry, day)) or (minute < entry.end and _is_day(entry, day - 1))


def _is_day(entry: Entry, day: int) -> bool:
    found = date.fromordinal(_EPOCH + day)
    return found.isoweekday() in entry.days and found.month in entry.months
