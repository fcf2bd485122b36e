"""The calendar of schedules against the system's own, for every day that a monitor may see."""

import time
from typing import Any

import pytest

from air.rules.calendar import entries, in_force

_DAY_MS = 86_400_000
FIRST, LAST = -1096, 60_265  # 1967-01-01 to 2135-01-01: every kind of year, 2100 among them


def _holding(key: str, numbers: range) -> dict[int, tuple[Any, ...]]:
    return {number: entries([{key: [number]}]) for number in numbers}


@pytest.mark.parametrize("minute", [0, 1439])
def test_every_day_has_the_month_and_the_weekday_of_the_system_s_calendar(minute: int) -> None:
    months, weekdays = _holding("months", range(1, 13)), _holding("days", range(1, 8))
    for day in range(FIRST, LAST):
        expected = time.gmtime(86_400 * day)
        local_ms = _DAY_MS * day + 60_000 * minute
        assert [month for month, schedule in months.items() if in_force(schedule, local_ms)] == [expected.tm_mon], day
        assert [weekday for weekday, schedule in weekdays.items() if in_force(schedule, local_ms)] == [expected.tm_wday + 1], day


def test_a_night_over_midnight_belongs_to_the_month_in_which_it_began() -> None:
    nights = entries([{"months": [2], "from": "22:00", "to": "06:00"}])
    for year_start, last_day in ((10_957, 59), (47_482, 58), (20_454, 58)):  # 2000 (leap), 2100 (none), 2026: 29 or 28 February
        midnight_ms = _DAY_MS * (year_start + last_day + 1)
        assert in_force(nights, midnight_ms + 3_600_000) and not in_force(nights, midnight_ms + 23 * 3_600_000)


def test_from_a_time_to_the_same_time_is_the_whole_day_from_midnight_to_midnight() -> None:
    monday_ms = _DAY_MS * 20_454  # 2026-01-01 was a Thursday
    monday_ms += 4 * _DAY_MS
    mondays = entries([{"days": [1], "from": "08:00", "to": "08:00"}])
    held = [in_force(mondays, monday_ms + 3_600_000 * hour) for hour in range(-1, 26)]
    assert held == [False] + [True] * 24 + [False] * 2
