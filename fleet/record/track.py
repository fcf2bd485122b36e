"""Values by place: of a site that drives, each period with where its node was at that time.

A gateway sends with each item of a mobile site the place of its receiver nearest in time, or why there is none
(contract/site/gps_positions.py); here both meet again. A place that is known too long before or after its item is no place of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, tuple_

from contract import quantities
from contract.faults import Fault
from contract.site.gps_positions import OFF_TRACK
from fleet.errors import InvalidError
from fleet.record.points import Point
from fleet.record.series import Span, moments_of_site
from fleet.record.tables import position

# At 60 km/h a vehicle drives so much less than the width of a cell.
MOST_AGE_MS = 30_000
# Of an item that has no position at all.
NO_POSITION = "no_position"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PlacedPoint:
    """latitude, longitude: degrees, WGS 84; null where none is known near the time of the item, and then why is one of no_fix, silent,
    off_track, time_uncertain, no_position. age_ms: between place and item. fix: how the place is known."""

    node: str
    latitude: float | None
    longitude: float | None
    fix: str | None
    age_ms: int | None
    why: str | None
    point: Point


@dataclass(frozen=True, slots=True)
class Track:
    """By time. next_ms: where to go on when the limit cut the answer, else None."""

    site: str
    quantity: str
    unit: str
    points: list[PlacedPoint]
    next_ms: int | None


def read(connection: Connection, site: str, quantity: str, span: Span) -> Track:
    """Raises InvalidError on an unknown quantity, and with bins: places are not averaged."""
    if span.step_ms is not None:
        raise InvalidError(Fault(("step_ms",), "left out: places are not averaged", span.step_ms))
    found, next_ms = moments_of_site(connection, site, quantity, span)
    places = _places(connection, {(row.boot_id, row.seq) for _, row, _ in found})
    points = [_placed(window.node, places.get((row.boot_id, row.seq)), point) for window, row, point in found]
    return Track(site, quantity, quantities.unit(quantities.ID[quantity]), points, next_ms)


def _places(connection: Connection, items: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Any]:
    wanted, found = sorted(items), dict[tuple[int, int], Any]()
    key = tuple_(position.c.boot_id, position.c.seq)
    for at in range(0, len(wanted), _AT_ONCE):
        for row in connection.execute(select(position).where(key.in_(wanted[at : at + _AT_ONCE]))):
            found[row.boot_id, row.seq] = row
    return found


def _placed(node: str, place: Any, point: Point) -> PlacedPoint:
    if place is None:
        return PlacedPoint(node, None, None, None, None, NO_POSITION, point)
    if place.why is not None:
        return PlacedPoint(node, None, None, None, None, place.why, point)
    if place.age_ms > MOST_AGE_MS:
        return PlacedPoint(node, None, None, None, place.age_ms, OFF_TRACK, point)
    return PlacedPoint(node, place.lat_e7 / 1e7, place.lon_e7 / 1e7, place.fix, place.age_ms, None, point)
