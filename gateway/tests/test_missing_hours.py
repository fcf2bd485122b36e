"""Hours of a monitor: each is told by it, or accounted for as an hour without data, once, when it can no longer tell it."""

import pytest

from contract.quality import NO_REPLY
from gateway.sources.missing_hours import HOUR_MS, MissingHours, newest_due_hour

SLACK_MS = 240_000
T = 1_800_000_000_000 // HOUR_MS * HOUR_MS  # a full hour, UTC


class Record:
    """What was said, and what a former run had said."""

    def __init__(self, *stored: int) -> None:
        self.now_ms = T + 1000
        self.stored = set(stored)
        self.said: list[int] = []

    def report(self, rows: list[list[int]], start_ms: int, duration_ms: int, error_ms: int | None = None) -> None:
        assert (rows, duration_ms, error_ms) == ([[1, 40, NO_REPLY, 0]], HOUR_MS, 120_000)
        self.said.append(start_ms)

    async def has_reported(self, slot: int, quantity: int, start_ms: int) -> bool:
        return start_ms in self.stored

    def utc_ms(self) -> int:
        return self.now_ms


def watching(record: Record, offset_min: int = 0) -> MissingHours:
    return MissingHours(1, 40, offset_min, 120_000, SLACK_MS, record)


@pytest.mark.parametrize(
    ("now_ms", "offset_min", "start_ms"),
    [
        (T + SLACK_MS, 0, T - 2 * HOUR_MS),
        (T + SLACK_MS - 1, 0, T - 3 * HOUR_MS),
        (T + SLACK_MS, 480, T - 2 * HOUR_MS),
        (T + SLACK_MS + 30 * 60_000, 330, T - 2 * HOUR_MS + 30 * 60_000),
    ],
    ids=["just told for the last time", "may be told still", "of a clock hours ahead", "of a clock half an hour off"],
)
def test_an_hour_is_given_up_when_the_next_one_was_told_for_sure(now_ms: int, offset_min: int, start_ms: int) -> None:
    assert newest_due_hour(now_ms, offset_min, SLACK_MS) == start_ms


async def _pass(missing: MissingHours, record: Record, hours: int) -> None:
    for _ in range(hours * 60):
        record.now_ms += 60_000
        await missing.look()


async def test_a_monitor_that_is_never_there_leaves_no_hour_out_and_says_none_twice() -> None:
    record = Record()
    missing = watching(record)
    await missing.look()
    await _pass(missing, record, 5)
    assert record.said == [T - 2 * HOUR_MS + HOUR_MS * n for n in range(5)]


async def test_hours_that_it_told_now_or_before_a_restart_are_left_to_it() -> None:
    record = Record(T - HOUR_MS)
    missing = watching(record)
    await missing.look()
    missing.record_reported(T)
    await _pass(missing, record, 4)
    assert T - HOUR_MS not in record.said and T not in record.said
    assert record.said[-1] == T + HOUR_MS


@pytest.mark.parametrize("years", [10, -10])
async def test_a_clock_that_was_set_says_no_years_of_hours(years: int) -> None:
    record = Record()
    missing = watching(record)
    await missing.look()
    record.now_ms += years * 365 * 24 * HOUR_MS
    await missing.look()
    assert record.said == []
