"""All that was measured at many places, in pieces that fit into memory: a place and a quantity after the other, by stretches of time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from sqlalchemy import Connection, select

from contract import quantities
from contract.faults import Fault
from fleet.errors import InvalidError
from fleet.people.rights import WHOLE, Scope
from fleet.places.scopes import of_sites
from fleet.record import csv_rows, series
from fleet.record.bins import DAY_MS
from fleet.record.csv_rows import Channel
from fleet.record.series import Occupant, PositionSeries, SiteSeries, Span
from fleet.record.tables import series as series_table

POINTS_A_PIECE = 5000
MAX_DAYS = 31
MAX_BINNED_DAYS = 400
MAX_BINS = 2_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """A site and a quantity that was ever measured there."""

    site: str
    quantity: str
    channels: int


def places(connection: Connection, site: str | None, quantity: str | None, scope: Scope = WHOLE) -> list[Place]:
    """By site and quantity. None: all. scope: that who asks may see."""
    query = select(series_table.c.site_id, series_table.c.quantity).where(*of_sites(series_table.c.site_id, scope))
    if site is not None:
        query = query.where(series_table.c.site_id == site)
    if quantity is not None:
        query = query.where(series_table.c.quantity == quantities.ID[quantity])
    counted: dict[tuple[str, int], int] = {}
    for row in connection.execute(query.order_by(series_table.c.site_id, series_table.c.quantity)):
        counted[row.site_id, row.quantity] = counted.get((row.site_id, row.quantity), 0) + 1
    return [Place(name, quantities.key(code), count) for (name, code), count in counted.items()]


def require_bounded(found: list[Place], span: Span) -> None:
    """Raises InvalidError on a span of which the answer would be too long."""
    days = (span.to_ms - span.from_ms) / DAY_MS
    most = MAX_DAYS if span.step_ms is None else MAX_BINNED_DAYS
    if days > most:
        raise InvalidError(
            Fault(("from",), f"a span of at most {most} days{' without step_ms' if span.step_ms is None else ''}", span.from_ms)
        )
    if span.step_ms is not None:
        bins = (span.to_ms - span.from_ms) // span.step_ms * sum(place.channels for place in found)
        if bins > MAX_BINS:
            raise InvalidError(
                Fault(("step_ms",), f"at most {MAX_BINS} rows, not {bins}: a shorter span, a longer step, or one site", span.step_ms)
            )


class Pieces:
    """Asked for one after the other, each with a connection of its own, so that no transaction lasts as long as a slow reader."""

    def __init__(self, found: list[Place], span: Span, zone: tzinfo, written: Callable[[list[list[Any]]], str] = csv_rows.text) -> None:
        self._span = span
        self._zone = zone
        self._written = written
        self._left: Iterator[Place] = iter(found)
        self._place: Place | None = next(self._left, None)
        self._from_ms = span.from_ms
        self._seen: set[int] = set()

    def next_piece(self, connection: Connection) -> str | None:
        """Text of at most about POINTS_A_PIECE rows or a day of bins; "" where nothing was, None at the end."""
        place = self._place
        if place is None:
            return None
        part, next_ms = self._read(connection, place)
        written = [row for one in part.positions for row in self._rows(part, one)]
        if next_ms is None or next_ms >= self._span.to_ms:
            written += [self._no_data(part, one) for one in part.positions if one.position not in self._seen]
            self._place, self._from_ms, self._seen = next(self._left, None), self._span.from_ms, set()
        else:
            self._from_ms = next_ms
        return self._written(written)

    def _read(self, connection: Connection, place: Place) -> tuple[SiteSeries, int | None]:
        if self._span.step_ms is None:
            wanted = replace(self._span, from_ms=self._from_ms, limit=POINTS_A_PIECE)
            found = series.site_series(connection, place.site, place.quantity, None, wanted)
            return found, found.next_ms
        end_ms = min(self._span.to_ms, self._from_ms + DAY_MS)
        wanted = replace(self._span, from_ms=self._from_ms, to_ms=end_ms)
        return series.site_series(connection, place.site, place.quantity, None, wanted), end_ms

    def _rows(self, part: SiteSeries, of_position: PositionSeries) -> list[list[Any]]:
        if of_position.points:
            self._seen.add(of_position.position)
        return _rows_of_position(part, of_position, self._zone)

    def _no_data(self, part: SiteSeries, of_position: PositionSeries) -> list[Any]:
        occupant = _occupant(of_position.occupants, self._span.to_ms - 1)
        return csv_rows.no_data(_channel(part, of_position, occupant), occupant.slot, self._span.from_ms, self._span.to_ms, self._zone)


def rows_of(found: SiteSeries, zone: tzinfo) -> list[list[Any]]:
    return [row for one in found.positions for row in _rows_of_position(found, one, zone)]


def _rows_of_position(found: SiteSeries, of_position: PositionSeries, zone: tzinfo) -> list[list[Any]]:
    return [
        row
        for point in of_position.points
        for row in csv_rows.rows(_channel(found, of_position, _occupant(of_position.occupants, point.start_ms)), [point], zone)
    ]


def _channel(part: SiteSeries, of_position: PositionSeries, occupant: Occupant) -> Channel:
    return Channel(part.site, occupant.node, of_position.position, part.quantity, part.unit)


def _occupant(occupants: list[Occupant], at_ms: int) -> Occupant:
    # Who was there at the time; before the first deployment, and of what is dated outside, the nearest before.
    before = [one for one in occupants if one.from_ms <= at_ms]
    return before[-1] if before else occupants[0]
