"""Raw items, byte for byte as their nodes wrote them, with how they are dated now and were dated first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from fleet.errors import NotFoundError
from fleet.record import tables
from fleet.record.dating import HOW_KEYS


@dataclass(frozen=True, slots=True)
class StoredItem:
    """original: (start, error) by bounds, where an anchor has repaired the time. position: contract.site.gps_positions, mobile only."""

    boot: str
    seq: int
    kind: str
    uptime_ms: int
    arrived_ms: int
    received_ms: int
    how: str
    start_ms: int
    error_ms: int
    original: tuple[int, int] | None
    body: bytes
    position: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Page:
    """next: the boot and seq to go on from, when there is more."""

    items: list[StoredItem]
    next: tuple[str, int] | None


def read(connection: Connection, node: str, boot: str | None, from_seq: int, limit: int) -> Page:
    """Of one boot; of the newest heard of when none is named. Raises NotFoundError on a boot that is not the node's."""
    of_node = select(tables.boot.c.id, tables.boot.c.boot).where(tables.boot.c.node_id == node)
    if boot is not None:
        of_node = of_node.where(tables.boot.c.boot == boot)
    found = connection.execute(of_node.order_by(tables.boot.c.id.desc()).limit(1)).first()
    if found is None:
        if boot is not None:
            raise NotFoundError("boot", boot)
        return Page([], None)
    item, place = tables.item, tables.position
    located = item.outerjoin(place, (place.c.boot_id == item.c.boot_id) & (place.c.seq == item.c.seq))
    query = (
        select(item, place.c.boot_id.label("located"), *(place.c[name] for name in _PLACE))
        .select_from(located)
        .where(item.c.boot_id == found.id, item.c.seq >= from_seq)
        .order_by(item.c.seq)
        .limit(limit + 1)
    )
    rows = connection.execute(query).all()
    following = (found.boot, rows[limit].seq) if len(rows) > limit else None
    return Page([_item(found.boot, row) for row in rows[:limit]], following)


_PLACE = ("lat_e7", "lon_e7", "speed_mm_s", "fix", "hdop_x100", "age_ms", "why")


def _position(row: Any) -> dict[str, Any] | None:
    if row.located is None:
        return None
    return {name: value for name in _PLACE if (value := getattr(row, name)) is not None}


def _item(boot: str, row: Any) -> StoredItem:
    original = None if row.original_start_ms is None else (row.original_start_ms, row.original_error_ms)
    return StoredItem(
        boot, row.seq, row.kind, row.uptime_ms, row.arrived_ms, row.received_ms, HOW_KEYS[row.how],
        row.start_ms, row.error_ms, original, bytes(row.body), _position(row),
    )  # fmt: skip
