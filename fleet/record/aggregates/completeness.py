"""How complete a period is: the time that usable values cover, of the time in which there was something to measure it, by site or by area.

Time was expected of a series while a node was deployed that has its position. A node that never reported anything has no series: it is
counted by itself, because nobody knows how many it would have. What is made is summed in the database; hours that are due are made of their
values, so that no answer is behind the record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from air.statistics.hours import HOUR_MS
from fleet.devices.tables import NO_KEY
from fleet.devices.tables import node as node_table
from fleet.places.grid import LEVELS, Level
from fleet.places.tables import area, deployment, site, slot_position
from fleet.record.aggregates import due
from fleet.record.aggregates.expected import is_expected
from fleet.record.aggregates.reading import MOST_LIVE, live
from fleet.record.tables import aggregate, series, site_hour

MOST_DAYS = 62
# Of sites that belong to no area, or to none of that level.
NO_AREA = ""


@dataclass(frozen=True, slots=True)
class Completeness:
    """completeness: usable_ms of expected_ms; null where nothing was expected. series: of which time was expected. unheard: nodes that are
    deployed and never reported anything."""

    sites: int
    series: int
    unheard: int
    expected_ms: int
    usable_ms: int
    completeness: float | None


@dataclass(frozen=True, slots=True)
class OfPlace(Completeness):
    """id: of the site or area; empty for sites that belong to no area of that level. area: of a site. nodes: that were deployed at a site
    within the period; what of each is missing, and why, is in its ledger."""

    id: str
    area: str | None
    nodes: list[str] | None


@dataclass(frozen=True, slots=True)
class Asked:
    """from_ms and to_ms lie on hours. under: this area and all below it. quantity: by its code."""

    from_ms: int
    to_ms: int
    under: Select[Any] | None = None
    quantity: int | None = None


class _Sums:
    def __init__(self) -> None:
        self.sites, self.series, self.unheard, self.expected_ms, self.usable_ms = 0, 0, 0, 0, 0

    def add(self, other: "_Sums") -> None:
        self.sites += other.sites
        self.series += other.series
        self.unheard += other.unheard
        self.expected_ms += other.expected_ms
        # A period that reaches over the end of a deployment is usable beyond it.
        self.usable_ms += min(other.usable_ms, other.expected_ms)

    def columns(self) -> tuple[int, int, int, int, int, float | None]:
        share = self.usable_ms / self.expected_ms if self.expected_ms else None
        return self.sites, self.series, self.unheard, self.expected_ms, self.usable_ms, share


def read(connection: Connection, asked: Asked, by: Level | None) -> tuple[Completeness, list[OfPlace]]:
    """Of everything that was asked for, and of each site (by: None) or area, by id; sites that have none are last. Raises OverloadedError
    where too much is due."""
    areas = {row.id: row.area_id for row in connection.execute(_sites(asked, site.c.id, site.c.area_id))}
    sums = {name: _Sums() for name in areas}
    _add_expected(connection, asked, sums)
    _add_usable(connection, asked, sums)
    nodes = _add_nodes(connection, asked, sums)
    groups: dict[str, _Sums] = {}
    above = _area_above(connection, by) if by else {}
    total = _Sums()
    for name, of_site in sums.items():
        if not of_site.expected_ms and not of_site.unheard:
            continue
        of_site.sites = 1
        total.add(of_site)
        groups.setdefault(above.get(areas[name] or "", NO_AREA) if by else name, _Sums()).add(of_site)
    places = [
        OfPlace(*one.columns(), name, None if by else areas[name], None if by else nodes.get(name, []))
        for name, one in sorted(groups.items(), key=lambda group: (group[0] == NO_AREA, group[0]))
    ]
    return Completeness(*total.columns()), places


def _sites(asked: Asked, *columns: ColumnElement[Any]) -> Select[Any]:
    query = select(*columns)
    return query if asked.under is None else query.where(site.c.area_id.in_(asked.under))


def _within(asked: Asked) -> ColumnElement[bool]:
    return series.c.site_id.in_(_sites(asked, site.c.id))


def _of_quantity(asked: Asked) -> list[ColumnElement[bool]]:
    return [] if asked.quantity is None else [series.c.quantity == asked.quantity]


def _deployed(asked: Asked) -> list[ColumnElement[bool]]:
    return [deployment.c.from_ms < asked.to_ms, deployment.c.to_ms.is_(None) | (deployment.c.to_ms > asked.from_ms)]


def _add_expected(connection: Connection, asked: Asked, sums: Mapping[str, _Sums]) -> None:
    end_ms = case((deployment.c.to_ms < asked.to_ms, deployment.c.to_ms), else_=asked.to_ms)
    begin_ms = case((deployment.c.from_ms > asked.from_ms, deployment.c.from_ms), else_=asked.from_ms)
    held = deployment.join(slot_position, (slot_position.c.deployment_id == deployment.c.id) & ~slot_position.c.outside)
    of_positions = select(deployment.c.site_id, slot_position.c.position, func.sum(end_ms - begin_ms)).select_from(held)
    of_positions = of_positions.where(deployment.c.site_id.in_(_sites(asked, site.c.id)), *_deployed(asked))
    counted = (
        select(series.c.site_id, series.c.position, func.count()).where(*_of_quantity(asked)).group_by(series.c.site_id, series.c.position)
    )
    # Joined here: the database would look for the deployments of each series anew.
    channels = {(name, position): count for name, position, count in connection.execute(counted)}
    for name, position, time_ms in connection.execute(of_positions.group_by(deployment.c.site_id, slot_position.c.position)):
        count = channels.get((name, position), 0)
        sums[name].series += count
        sums[name].expected_ms += count * int(time_ms)


def _add_usable(connection: Connection, asked: Asked, sums: Mapping[str, _Sums]) -> None:
    for name, usable_ms in connection.execute(_made(asked)):
        if name in sums:
            sums[name].usable_ms = int(usable_ms)
    for name, usable_ms in _not_made(connection, asked):
        sums[name].usable_ms += usable_ms


def _made(asked: Asked) -> Select[Any]:
    if asked.quantity is None:
        # Of all sites, read in the order in which they lie: to look for those of an area, hour by hour, takes longer.
        query = select(site_hour.c.site_id, func.sum(site_hour.c.usable_ms)).group_by(site_hour.c.site_id)
        return query.where(site_hour.c.start_ms >= asked.from_ms, site_hour.c.start_ms < asked.to_ms)
    of_hours = aggregate.c.start_ms >= asked.from_ms, aggregate.c.start_ms < asked.to_ms
    query = select(series.c.site_id, func.sum(aggregate.c.usable_ms)).join(aggregate, aggregate.c.series_id == series.c.id)
    return query.where(_within(asked), is_expected(), *_of_quantity(asked), *of_hours).group_by(series.c.site_id)


def _not_made(connection: Connection, asked: Asked) -> Iterable[tuple[str, int]]:
    """(site, by how much the usable time of an hour that is due differs from what is made of it so far)."""
    wanted = select(series.c.id).where(_within(asked), is_expected(), *_of_quantity(asked))
    hours = due.due(connection, wanted, asked.from_ms, asked.to_ms, MOST_LIVE + 1)
    if not hours:
        return
    ids = {series_id for series_id, _ in hours}
    sites = {row.id: row.site_id for row in connection.execute(select(series.c.id, series.c.site_id).where(series.c.id.in_(ids)))}
    span = aggregate.c.start_ms >= min(at for _, at in hours), aggregate.c.start_ms <= max(at for _, at in hours)
    stored = select(aggregate.c.series_id, aggregate.c.start_ms, aggregate.c.usable_ms).where(aggregate.c.series_id.in_(ids), *span)
    known = {(row.series_id, row.start_ms): row.usable_ms for row in connection.execute(stored)}
    for key, one in live(connection, hours):
        yield sites[key[0]], (one.usable_ms if one else 0) - known.get(key, 0)


def _add_nodes(connection: Connection, asked: Asked, sums: Mapping[str, _Sums]) -> dict[str, list[str]]:
    """By site, who was deployed there; those of which nothing ever came are counted."""
    heard = select(slot_position.c.slot).where(slot_position.c.deployment_id == deployment.c.id).exists()
    joined = deployment.join(node_table, node_table.c.id == deployment.c.node_id)
    query = select(deployment.c.site_id, deployment.c.node_id, node_table.c.key_hex, heard.label("heard")).select_from(joined)
    query = query.where(deployment.c.site_id.in_(_sites(asked, site.c.id)), *_deployed(asked))
    found: dict[str, set[str]] = {}
    for name, node, key_hex, is_heard in connection.execute(query):
        if is_heard or key_hex != NO_KEY:
            found.setdefault(name, set()).add(node)
        # A gateway need not measure anything itself.
        if not is_heard and key_hex != NO_KEY:
            sums[name].unheard += 1
    return {name: sorted(nodes) for name, nodes in found.items()}


def _area_above(connection: Connection, level: Level) -> dict[str, str]:
    """By area, the one of this level that it is or lies in."""
    rows: dict[str, Any] = {row.id: row for row in connection.execute(select(area.c.id, area.c.level, area.c.parent_id))}
    wanted, found = LEVELS.index(level) + 1, {}
    for name in rows:
        row = rows[name]
        while row is not None and row.level > wanted:
            row = rows.get(row.parent_id)
        if row is not None and row.level == wanted:
            found[name] = row.id
    return found


def whole_hours(from_ms: int, to_ms: int, now_ms: int) -> tuple[int, int]:
    """The hours that a period touches, without those that are not over: an hour that goes on is not incomplete."""
    return from_ms // HOUR_MS * HOUR_MS, min(-(-to_ms // HOUR_MS), now_ms // HOUR_MS) * HOUR_MS
