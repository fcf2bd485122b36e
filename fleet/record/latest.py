"""The newest value of every channel. Values leave here as floats in the unit of their quantity; None where there is only a quality."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from contract import quantities
from contract.site import qualities
from fleet.devices.tables import NO_KEY
from fleet.devices.tables import node as node_table
from fleet.people.rights import WHOLE, Scope
from fleet.places.scopes import of_sites
from fleet.places.tables import deployment, slot_position
from fleet.record import tables
from fleet.record.dating import HOW_KEYS
from fleet.record.node_list import has_reported
from fleet.record.units import in_unit
from fleet.store.dialect import read_packed

# How far a date may lie ahead of our clock and still be the newest: one absurd date must not hide all that comes after it.
AHEAD_LIMIT_MS = 300_000


@dataclass(frozen=True, slots=True)
class LatestValue:
    """age_s: since the end of the period. value: None where there is only a quality."""

    slot: int
    quantity: str
    unit: str
    value: float | None
    quality: str
    age_s: float
    start_ms: int
    duration_ms: int
    error_ms: int
    how: str


@dataclass(frozen=True, slots=True)
class NodeLatest:
    node: str
    channels: list[LatestValue]


def latest(
    connection: Connection,
    now_ms: int,
    only: str | None = None,
    limit: int | None = None,
    after: str | None = None,
    scope: Scope = WHOLE,
) -> list[NodeLatest]:
    """Of every node that is deployed, also one that never reported (of a gateway only once it has reported itself), the newest value of
    every channel it ever had; by name, so many nodes behind the one named `after`.
    scope: that who asks may see.
    What is dated further ahead than AHEAD_LIMIT_MS is kept and shown in its series, but is not the newest."""
    series, value, node = tables.series, tables.value, node_table
    newest_value = tables.value.alias("newest")
    credible = (newest_value.c.series_id == series.c.id) & (newest_value.c.start_ms <= now_ms + AHEAD_LIMIT_MS)
    # Of a predecessor is what its position had before.
    own = newest_value.c.start_ms >= deployment.c.node_from_ms
    newest = select(func.max(newest_value.c.start_ms)).where(credible, own).correlate(series, deployment).scalar_subquery()
    joined = node.join(deployment, (deployment.c.node_id == node.c.id) & deployment.c.to_ms.is_(None))
    placed = (slot_position.c.deployment_id == deployment.c.id) & ~slot_position.c.outside
    joined = joined.outerjoin(slot_position, placed)
    of_position = (series.c.site_id == deployment.c.site_id) & (series.c.position == slot_position.c.position)
    joined = joined.outerjoin(series, of_position).outerjoin(value, (value.c.series_id == series.c.id) & (value.c.start_ms == newest))
    columns = value.c.start_ms, value.c.duration_ms, value.c.quality, value.c.mean, value.c.how, value.c.error_ms
    query = select(node.c.id, slot_position.c.slot, series.c.quantity, value.c.boot_id, value.c.seq, *columns).select_from(joined)
    query = query.where((node.c.key_hex != NO_KEY) | has_reported(), *of_sites(deployment.c.site_id, scope))
    if only is not None:
        query = query.where(node.c.id == only)
    if limit is not None:
        query = query.where(node.c.id.in_(_page(connection, limit, after or "", scope)))
    found: dict[str, dict[tuple[int, int], LatestValue]] = {}
    # Of several values of one moment the last one: the columns stand in the order that tells which.
    for node_id, slot, quantity, _boot, _seq, start_ms, *rest in sorted(read_packed(connection, query)):
        channels = found.setdefault(node_id, {})
        if start_ms is not None:
            channels[slot, quantity] = _latest_value(now_ms, slot, quantity, start_ms, *rest)
    return [NodeLatest(name, list(channels.values())) for name, channels in found.items()]


def _page(connection: Connection, limit: int, after: str, scope: Scope) -> list[str]:
    lasting = node_table.join(deployment, (deployment.c.node_id == node_table.c.id) & deployment.c.to_ms.is_(None))
    shown = (node_table.c.key_hex != NO_KEY) | has_reported(), *of_sites(deployment.c.site_id, scope)
    query = select(node_table.c.id).select_from(lasting).where(*shown, node_table.c.id > after).order_by(node_table.c.id)
    return list(connection.execute(query.limit(limit)).scalars())


def _latest_value(
    now_ms: int, slot: int, code: int, start_ms: int, duration_ms: int, quality: int, mean: int | None, how: int, error_ms: int
) -> LatestValue:
    age_s = max(0, now_ms - start_ms - duration_ms) / 1000
    return LatestValue(
        slot, quantities.key(code), quantities.unit(code), in_unit(code, mean), qualities.KEYS[quality], age_s, start_ms, duration_ms,
        error_ms, HOW_KEYS[how],
    )  # fmt: skip
