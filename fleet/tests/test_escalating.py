"""Escalation in the background, on both databases: once a level, never of what somebody has just stepped in for."""

from typing import Any

from fleet.alarms.escalating import escalate, waiting
from fleet.tests.district import START_MS, District
from fleet.tests.test_alarms import CLEAR, RAISE

HALF_AN_HOUR_MS = 1_800_000


async def escalated(district: District, after_ms: int, meanwhile: Any = None) -> list[tuple[str, int]]:
    """(kind, level after it) of all steps of the first alarm."""
    due = await district.service.look_up(waiting)
    if meanwhile:
        await meanwhile
    await district.service.write(lambda connection: escalate(connection, due, START_MS + after_ms))
    found = await district.read("alarms/1")
    return [(one["kind"], one["level"]) for one in found["steps"]]


async def test_an_alarm_that_nobody_sees_goes_up_level_by_level(district: District) -> None:
    await district.ingest(RAISE)
    for level in (1, 2, 3):
        steps = await escalated(district, level * HALF_AN_HOUR_MS)
    assert steps == [("raised", 0), ("escalated", 1), ("escalated", 2), ("escalated", 3)]
    (alarm,) = (await district.read("alarms", level="district"))["items"]
    assert (alarm["id"], alarm["handling"], alarm["level"]) == (1, "raised", "district")


async def test_what_somebody_has_just_acknowledged_is_not_escalated(district: District) -> None:
    await district.ingest(RAISE)
    steps = await escalated(district, HALF_AN_HOUR_MS, district.admin("POST", "alarms/1/acknowledgement", {}))
    assert steps == [("raised", 0), ("acknowledged", 0)]


async def test_a_comment_begins_no_time_anew_and_what_is_over_is_not_escalated(district: District) -> None:
    await district.ingest(RAISE)
    await district.admin("POST", "alarms/1/comments", {"note": "seen from the road"})
    (before,) = await district.service.look_up(waiting)
    assert before.stepped_ms == START_MS
    assert (await escalated(district, HALF_AN_HOUR_MS, district.ingest(CLEAR)))[-1] == ("ended", 0)
    assert await district.service.look_up(waiting) == []
