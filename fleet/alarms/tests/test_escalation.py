"""When an alarm goes up a level, as cases."""

import pytest

from fleet.alarms.escalation import LIMITS, Waiting, is_due
from fleet.alarms.lifecycle import State

NOW_MS = 1_800_000_000_000
MIN_MS = 60_000


@pytest.mark.parametrize(
    ("severity", "state", "level", "minutes", "expected"),
    [
        ("alarm", "raised", 0, 29.99, False),
        ("alarm", "raised", 0, 30, True),
        ("alarm", "raised", 2, 30, True),
        ("alarm", "raised", 3, 100_000, False),
        ("alarm", "acknowledged", 0, 119, False),
        ("alarm", "acknowledged", 0, 120, True),
        ("alarm", "assigned", 1, 479, False),
        ("alarm", "assigned", 1, 480, True),
        ("warning", "raised", 0, 239, False),
        ("warning", "raised", 0, 240, True),
        ("notice", "raised", 0, 100_000, False),
        (None, "raised", 0, 30, True),
        ("of-a-later-version", "raised", 0, 30, True),
        ("alarm", "resolved", 0, 100_000, False),
        ("alarm", "raised", 0, -5, False),
    ],
)
def test_an_alarm_goes_up_when_its_time_at_a_level_is_over(
    severity: str | None, state: State, level: int, minutes: float, expected: bool
) -> None:
    assert is_due(Waiting(1, severity, state, level, NOW_MS - int(minutes * MIN_MS)), NOW_MS) == expected


def test_whoever_has_seen_it_has_more_time_and_an_alarm_has_less_than_a_warning() -> None:
    for limits in (LIMITS["alarm"], LIMITS["warning"]):
        assert limits["raised"] < limits["acknowledged"] < limits["assigned"]
    assert all(LIMITS["alarm"][state] < LIMITS["warning"][state] for state in LIMITS["alarm"])
