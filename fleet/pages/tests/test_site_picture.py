"""What the page of a site shows of a quantity: gaps as gaps, days as they were, two lines beside each other."""

from zoneinfo import ZoneInfo

import pytest

from fleet.pages.map.picture import MISSING
from fleet.pages.site.picture import LEAST_HOURS, calendar, compared, label, line, not_ok, plotted
from fleet.record.points import Point
from fleet.record.series import Occupant, PositionSeries, SiteSeries

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
CHINA = ZoneInfo("Asia/Shanghai")
# 2026-11-25, a Wednesday, at midnight in China.
WEDNESDAY_MS = 1_795_536_000_000


def point(start_ms: int, value: float | None, quality: str = "ok", completeness: float = 1.0, length_ms: int = HOUR_MS) -> Point:
    return Point(0, start_ms, length_ms, value, value, value, 60, quality, None, 0, None, completeness, {})


def position(*points: Point, number: int = 1, occupants: tuple[Occupant, ...] = (Occupant("n-1", 0, 0, None, False),)) -> PositionSeries:
    return PositionSeries(number, list(occupants), [], list(points))


@pytest.mark.parametrize(
    ("value", "quality", "drawn"),
    [(0.0, "ok", 0.0), (5.0, "few_samples", 5.0), (5.0, "warming_up", None), (None, "no_reply", None), (None, "not_measured", None)],
)
def test_an_hour_is_drawn_if_it_is_usable_and_is_else_a_gap(value: float | None, quality: str, drawn: float | None) -> None:
    hours = [point(0, 1.0), point(HOUR_MS, value, quality), point(3 * HOUR_MS, 2.0)]
    times, ((_, values),) = plotted({"a": line(hours)}, range(0, 4 * HOUR_MS, HOUR_MS))
    assert times == [0, 3600, 7200, 10800] and values == [1.0, drawn, None, 2.0]


def test_what_lies_before_the_span_is_neither_drawn_nor_counted() -> None:
    hours = [point(0, 1.0), point(HOUR_MS, None, "no_reply"), point(2 * HOUR_MS, None, "no_reply"), point(3 * HOUR_MS, 4.0, "few_samples")]
    assert line(hours, 2 * HOUR_MS) == {3 * HOUR_MS: 4.0}
    assert not_ok(hours, 2 * HOUR_MS) == {"no_reply": 1, "few_samples": 1}


def test_a_line_is_named_by_who_has_the_position_now() -> None:
    before, now = Occupant("n-1", 0, 0, 5, False), Occupant("n-2", 1, 5, None, False)
    assert label(position(occupants=(now, before))) == "n-2 · 1"
    assert label(position(occupants=(Occupant("n-3", 2, 9, None, True), before)), "other") == "other: n-1 · 0"


def test_two_lines_are_compared_in_the_hours_that_both_have() -> None:
    one, other = {0: 10.0, 1: 20.0, 2: 30.0, 3: 99.0}, {0: 12.0, 1: 22.0, 2: 32.0, 4: 0.0}
    found = compared(one, other)
    assert found is not None and (found.hours, found.mean, found.other, found.difference) == (3, 20.0, 22.0, -2.0)
    assert found.r == pytest.approx(1.0)
    assert compared(dict.fromkeys(range(LEAST_HOURS - 1), 1.0), one) is None
    flat = compared(dict.fromkeys(range(4), 1.0), one)
    assert flat is not None and flat.r is None, "what does not change has no correlation"


def test_the_calendar_has_weeks_from_monday_on_and_days_of_the_district() -> None:
    days = [
        position(
            point(WEDNESDAY_MS, 36.0, length_ms=DAY_MS),
            point(WEDNESDAY_MS + DAY_MS, None, "not_measured", 0.0, DAY_MS),
            point(WEDNESDAY_MS + 2 * DAY_MS, 300.0, "few_samples", 0.5, DAY_MS),
            *(point(WEDNESDAY_MS + later * DAY_MS, 0.0, length_ms=DAY_MS) for later in (3, 4, 5)),
        ),
        position(point(WEDNESDAY_MS, 20.0, length_ms=DAY_MS), number=2),
    ]
    scale, weeks = calendar(SiteSeries("s", "pm2_5_atm", "ug/m3", days, None), CHINA)
    assert scale.is_index and [len(week) for week in weeks] == [7, 7]
    first, second = weeks
    assert first[:2] == [None, None] and second[1:] == [None] * 6
    shown = [(day.iso, day.number, day.mark, day.text, day.completeness, day.is_thin) for week in weeks for day in week if day]
    assert shown[:3] == [
        ("2026-11-25", 25, "excellent", "28.0", 100, False),
        ("2026-11-26", 26, MISSING, "", 0, False),
        ("2026-11-27", 27, "severe", "300.0", 50, True),
    ]
    assert [day[0] for day in shown[3:]] == ["2026-11-28", "2026-11-29", "2026-11-30"] and shown[5][2:4] == ("excellent", "0.0")
