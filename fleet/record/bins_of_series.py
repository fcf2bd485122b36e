"""Averages of a series over steps: of its hours where the steps are made of hours, else of its periods."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from air.statistics.hours import HOUR_MS, Aggregate, day_of, joined
from air.statistics.periods import MAX_BUCKETS
from contract.faults import Fault
from fleet.errors import InvalidError
from fleet.record.aggregates.reading import SeriesSpan, hours
from fleet.record.bins import DAY_MS
from fleet.record.points import Point, aggregate_point


class Steps(NamedTuple):
    """from_ms and to_ms lie on whole steps."""

    from_ms: int
    to_ms: int
    step_ms: int

    @property
    def are_of_hours(self) -> bool:
        return self.step_ms % HOUR_MS == 0 and self.from_ms % HOUR_MS == 0

    def starts(self) -> range:
        """Raises InvalidError where they are too many."""
        found = range(self.from_ms, self.to_ms, self.step_ms)
        if len(found) > MAX_BUCKETS:
            raise InvalidError(Fault(("step_ms",), f"at most {MAX_BUCKETS} steps, not {len(found)}", self.step_ms))
        return found


def read(connection: Connection, channels: Mapping[int, Sequence[SeriesSpan]], steps: Steps) -> dict[int, dict[int, Aggregate]]:
    """By channel and start of the step, those that have something. Steps are made of hours."""
    starts = steps.starts()
    found: dict[int, dict[int, Aggregate]] = {}
    for channel, of_channel in hours(connection, channels, steps.from_ms, steps.to_ms).items():
        found[channel] = {}
        for at in starts:
            parts = [of_channel[hour] for hour in range(at, at + steps.step_ms, HOUR_MS) if hour in of_channel]
            if (one := _one(parts, steps.step_ms)) is not None:
                found[channel][at] = one
    return found


def points(
    connection: Connection, channels: Mapping[int, Sequence[SeriesSpan]], slots: Mapping[int, int], code: int, steps: Steps
) -> list[tuple[int, Point]]:
    """Every step of every channel that has something in the span, by time."""
    found = [
        (channel, aggregate_point(code, slots[channel], at, steps.step_ms, of_channel.get(at)))
        for channel, of_channel in sorted(read(connection, channels, steps).items())
        if of_channel
        for at in steps.starts()
    ]
    return sorted(found, key=lambda channel_and_point: channel_and_point[1].start_ms)


def _one(parts: list[Aggregate], step_ms: int) -> Aggregate | None:
    if step_ms == HOUR_MS:
        return parts[0] if parts else None
    return day_of(parts) if step_ms == DAY_MS else joined(parts, step_ms)
