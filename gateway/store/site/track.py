"""The track of a mobile site in the buffer: where it was when, and when that was not known. Bounded; only the writer thread calls it.

What a place is attached to is chosen by time (position_at): the point nearest to it, if it is near enough that the vehicle cannot have been
far from it, and if nothing was lost between. Else there is a reason, never a place that may be wrong.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from contract.site.gps_positions import OFF_TRACK, TIME_UNCERTAIN
from gateway.store.site.dating import Dated

FIX = "fix"
NO_FIX = "no_fix"
SILENT = "silent"
ENDED = "ended"  # from here on, or up to the next point, the site stands

MOST_AGE_MS = 15_000
MOST_ERROR_MS = 10_000
KEPT_POINTS = 300_000  # at one in five seconds more than two weeks of driving, some 12 MB
_PRUNE_POINTS = 1000
_COLUMNS = "at_ms, state, lat_e7, lon_e7, speed_mm_s, fix, hdop_x100"


class Point(NamedTuple):
    """At `at_ms` UTC; what is behind `state` belongs to a fix."""

    at_ms: int
    state: str
    lat_e7: int | None = None
    lon_e7: int | None = None
    speed_mm_s: int | None = None
    fix: str | None = None
    hdop_x100: int | None = None


class Track:
    def __init__(self, connection: sqlite3.Connection, kept_points: int = KEPT_POINTS) -> None:
        self._connection = connection
        self._kept_points = kept_points
        self._is_empty = self._newest() is None

    def add(self, points: Sequence[Point]) -> None:
        """Inside the caller's transaction."""
        if not points:
            return
        if self._is_empty:  # before its first point the site stood
            points = [Point(0, ENDED), *points]
        self._connection.executemany(f"INSERT OR REPLACE INTO track ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", points)
        self._is_empty = False
        kept = self._connection.execute("SELECT at_ms FROM track ORDER BY at_ms DESC LIMIT 1 OFFSET ?", (self._kept_points,)).fetchone()
        if kept is not None:
            self._connection.execute("DELETE FROM track WHERE at_ms <= ?", kept)

    def is_open(self) -> bool:
        """Whether the site is mobile by its newest point."""
        newest = self._newest()
        return newest is not None and newest.state != ENDED

    def position(self, dated: Dated, duration_ms: int) -> dict[str, Any] | None:
        """Of the middle of the period of an item; None for a site that stood then."""
        if self._is_empty:
            return None
        at_ms = dated.start_ms + duration_ms // 2
        before = self._one("at_ms <= ? ORDER BY at_ms DESC", at_ms)
        after = self._one("at_ms > ? ORDER BY at_ms", at_ms)
        return position_at(before, after, at_ms, dated.error_ms)

    def _newest(self) -> Point | None:
        return self._one("at_ms >= ? ORDER BY at_ms DESC", 0)

    def _one(self, condition: str, at_ms: int) -> Point | None:
        found = self._connection.execute(f"SELECT {_COLUMNS} FROM track WHERE {condition} LIMIT 1", (at_ms,)).fetchone()
        return Point(*found) if found else None


def position_at(before: Point | None, after: Point | None, at_ms: int, error_ms: int) -> dict[str, Any] | None:
    """contract.site.gps_positions. before, after: the points next to the moment, of which none is left out."""
    if before is None:
        return {"why": OFF_TRACK} if after is not None else None
    if before.state == ENDED:
        return None
    if error_ms > MOST_ERROR_MS:
        return {"why": TIME_UNCERTAIN}
    if before.state != FIX:
        return {"why": before.state}
    near = [point for point in (before, after) if point is not None and point.state == FIX]
    nearest = min(near, key=lambda point: abs(point.at_ms - at_ms))
    age_ms = abs(nearest.at_ms - at_ms)
    if age_ms > MOST_AGE_MS:
        return {"why": OFF_TRACK}
    position = {"lat_e7": nearest.lat_e7, "lon_e7": nearest.lon_e7, "speed_mm_s": nearest.speed_mm_s, "fix": nearest.fix}
    if nearest.hdop_x100 is not None:
        position["hdop_x100"] = nearest.hdop_x100
    return position | {"age_ms": age_ms}
