"""Where an item was made: the right place, or a reason."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.site.device_api import BY_NODE
from contract.site.gps_positions import REASONS
from gateway.store.database import open_database
from gateway.store.site.dating import Dated
from gateway.store.site.track import ENDED, FIX, MOST_AGE_MS, NO_FIX, SILENT, Point, Track, position_at

T = 1_800_000_000_000


def fix(at_ms: int, lat_e7: int = 1) -> Point:
    return Point(at_ms, FIX, lat_e7, 2, 3000, "gps", 90)


def placed(lat_e7: int, age_ms: int) -> dict[str, Any]:
    return {"lat_e7": lat_e7, "lon_e7": 2, "speed_mm_s": 3000, "fix": "gps", "hdop_x100": 90, "age_ms": age_ms}


# name: track, moment, error, position
CASES: dict[str, tuple[list[Point], int, int, dict[str, Any] | None]] = {
    "a site that never moved": ([], T, 0, None),
    "before its first receiver": ([fix(T)], T - 1, 0, None),
    "at a point": ([fix(T)], T, 0, placed(1, 0)),
    "behind the newest point": ([fix(T)], T + 15_000, 0, placed(1, 15_000)),
    "too far behind the newest point": ([fix(T)], T + 15_001, 0, {"why": "off_track"}),
    "the nearer one before": ([fix(T, 5), fix(T + 5000, 6)], T + 2000, 0, placed(5, 2000)),
    "the nearer one after": ([fix(T, 5), fix(T + 5000, 6)], T + 3000, 0, placed(6, 2000)),
    "in a gap of the track": ([fix(T, 5), fix(T + 60_000, 6)], T + 30_000, 0, {"why": "off_track"}),
    "after the fix was lost": ([fix(T), Point(T + 1000, NO_FIX)], T + 1001, 0, {"why": "no_fix"}),
    "lost, and not yet found again": ([Point(T, NO_FIX), fix(T + 1000)], T + 999, 0, {"why": "no_fix"}),
    "just before the fix was lost": ([fix(T), Point(T + 9000, NO_FIX)], T + 8999, 0, placed(1, 8999)),
    "a receiver that says nothing": ([fix(T), Point(T + 1000, SILENT)], T + 2000, 0, {"why": "silent"}),
    "a time that may be a street away": ([fix(T)], T, 10_001, {"why": "time_uncertain"}),
    "after the receiver was taken away": ([fix(T), Point(T + 1000, ENDED)], T + 1000, 0, None),
    "and an uncertain time then": ([fix(T), Point(T + 1000, ENDED)], T + 1000, 86_400_000, None),
}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_database(tmp_path / "buffer.sqlite", 16_777_216)
    yield connection
    connection.close()


@pytest.mark.parametrize(("points", "at_ms", "error_ms", "position"), CASES.values(), ids=CASES)
def test_an_item_is_placed_by_its_time_or_gets_a_reason(
    connection: sqlite3.Connection, points: list[Point], at_ms: int, error_ms: int, position: dict[str, Any] | None
) -> None:
    Track(connection).add(points)
    reopened = Track(connection)  # as after a restart
    assert reopened.position(Dated(BY_NODE, at_ms, error_ms), 0) == position
    assert reopened.position(Dated(BY_NODE, at_ms - 5000, error_ms), 10_000) == position, "a period is placed by its middle"


def test_the_track_is_bounded_and_what_lies_before_it_has_a_reason(connection: sqlite3.Connection) -> None:
    track = Track(connection, kept_points=100)
    for number in range(150):
        track.add([fix(T + 1000 * number)])
    assert connection.execute("SELECT count(*), min(at_ms) FROM track").fetchone() == (100, T + 50_000)
    assert track.position(Dated(BY_NODE, T, 0), 0) == {"why": "off_track"}


def test_whether_the_site_is_mobile_is_what_the_newest_point_says(connection: sqlite3.Connection) -> None:
    track = Track(connection)
    assert not track.is_open()
    track.add([Point(T, SILENT)])
    assert track.is_open()
    track.add([Point(T + 1, ENDED)])
    assert not track.is_open()


_STATES = st.sampled_from([FIX, FIX, FIX, NO_FIX, SILENT, ENDED])


@given(st.lists(st.tuples(st.integers(0, 200_000), _STATES), min_size=1, unique_by=lambda one: one[0]), st.integers(0, 200_000))
def test_a_place_is_only_told_near_a_fix_that_nothing_parts_from_the_moment(marks: list[tuple[int, str]], at_ms: int) -> None:
    points = sorted(fix(at, at) if state == FIX else Point(at, state) for at, state in marks)
    before = max((point for point in points if point.at_ms <= at_ms), default=None)
    after = min((point for point in points if point.at_ms > at_ms), default=None)
    told = position_at(before, after, at_ms, 0)
    if told is not None and "why" not in told:
        assert before is not None and before.state == FIX
        assert any(point.state == FIX and point.lat_e7 == told["lat_e7"] and abs(point.at_ms - at_ms) == told["age_ms"] for point in points)
        assert told["age_ms"] <= MOST_AGE_MS
    elif told is not None:
        assert told["why"] in REASONS
