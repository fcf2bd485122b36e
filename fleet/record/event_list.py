"""What happened in the district, by time, the newest first: the events of nodes and gateways, in words.

    Event(kind="dropped", name={"zh-CN": "数据丢弃", "en": "items dropped"}, node="n-0001", reported_by="n-0001", site="east-gate",
          gateway="gw-east", start_ms=…, error_ms=20, how="node", received_ms=…, boot="00000001aaaaaaaa", seq=17,
          particulars={"from": 4, "to": 9, "why": "ram_full", "why_name": {"zh-CN": "节点内存已满", "en": "memory of the node full"}})

node: what the event is about, None for a whole site. reported_by: whose item it is, by which (with boot and seq) it is found in `items`.
particulars: those of the item, with keys that people can read; numbers that the wire scales are in their unit (value, limit, channels).
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from air.statistics.summaries import SUMMARY_EVENT
from contract import quantities
from contract.site import alarm_events, display_names, event_names, qualities
from fleet.people.rights import WHOLE, Scope
from fleet.places.scopes import of_sites
from fleet.record.dating import HOW_KEYS
from fleet.record.event_texts import Texts, in_both
from fleet.record.tables import boot, event, item


@dataclass(frozen=True, slots=True)
class Event:
    """See the top of this file."""

    kind: str
    name: Texts
    node: str | None
    reported_by: str
    site: str
    gateway: str
    start_ms: int
    error_ms: int
    how: str
    received_ms: int
    boot: str
    seq: int
    particulars: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventFilter:
    """None: whichever. from_ms <= start < to_ms. scope: that who asks may see."""

    kind: str | None = None
    site: str | None = None
    gateway: str | None = None
    node: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    scope: Scope = WHOLE


@dataclass(frozen=True, slots=True)
class EventPage:
    """last: start_ms, id of the boot and seq of the last one, when there is more."""

    events: list[Event]
    last: tuple[int, int, int] | None


def events(connection: Connection, wanted: EventFilter, limit: int, after: tuple[int, ...] | None = None) -> EventPage:
    """after: `last` of the page before."""
    order = (event.c.start_ms.desc(), event.c.boot_id.desc(), event.c.seq.desc())
    query = select(event).where(*_conditions(wanted)).order_by(*order).limit(limit + 1)
    if after is not None:
        query = query.where(_behind(*after))
    found = query.subquery("found")
    joined = found.join(item, (item.c.boot_id == found.c.boot_id) & (item.c.seq == found.c.seq)).join(boot, boot.c.id == found.c.boot_id)
    # Of the boot the id is of the table: `boot` is the name that its node gave it.
    of_item = item.c.error_ms, item.c.how, item.c.received_ms, item.c.body
    ordered = (
        select(found, *of_item, boot.c.boot, boot.c.node_id.label("reported_by"))
        .select_from(joined)
        .order_by(found.c.start_ms.desc(), found.c.boot_id.desc(), found.c.seq.desc())
    )
    rows = connection.execute(ordered).all()
    shown = rows[:limit]
    last = (shown[-1].start_ms, shown[-1].boot_id, shown[-1].seq) if len(rows) > limit else None
    return EventPage([_event(row) for row in shown], last)


def _behind(start_ms: int, boot_id: int, seq: int) -> ColumnElement[bool]:
    same_moment = event.c.start_ms == start_ms
    return or_(
        event.c.start_ms < start_ms,
        and_(same_moment, event.c.boot_id < boot_id),
        and_(same_moment, event.c.boot_id == boot_id, event.c.seq < seq),
    )


def _conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    columns = {"key": wanted.kind, "site_id": wanted.site, "gateway_id": wanted.gateway, "node_id": wanted.node}
    found = [event.c[name] == value for name, value in columns.items() if value is not None]
    found += of_sites(event.c.site_id, wanted.scope)
    if wanted.from_ms is not None:
        found.append(event.c.start_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(event.c.start_ms < wanted.to_ms)
    return found


def _event(row: Any) -> Event:
    name = in_both(event_names.EVENTS, row.key)
    assert name is not None
    particulars = readable(row.key, json.loads(bytes(row.body))["a"])
    return Event(
        row.key, name, row.node_id, row.reported_by, row.site_id, row.gateway_id,
        row.start_ms, row.error_ms, HOW_KEYS[row.how], row.received_ms, row.boot, row.seq, particulars,
    )  # fmt: skip


def readable(key: str, particulars: dict[str, Any]) -> dict[str, Any]:
    longer = event_names.PARTICULARS.get(key, {})
    found = {longer.get(name, name): value for name, value in particulars.items()}
    if key == alarm_events.KEY:
        _descale(found)
    if key == SUMMARY_EVENT and isinstance(found.get("ch"), list):
        found["channels"] = [_channel(row) for row in found.pop("ch")]
    if isinstance(found.get("why"), str) and found["why"] in display_names.LOSSES:
        found["why_name"] = in_both(display_names.LOSSES, found["why"])
    return found


def _descale(found: dict[str, Any]) -> None:
    scale = found.pop("scale", None)
    if isinstance(scale, int) and scale > 0:
        for name in ("value", "limit"):
            if isinstance(found.get(name), int):
                found[name] = found[name] / scale


def _channel(row: Any) -> Any:
    # [slot, quantity, quality, periods, covered_ms, n] and mean, least, greatest (air/statistics/summaries.py); else as it came.
    if not isinstance(row, list) or len(row) not in (6, 9) or not all(type(number) is int for number in row):
        return row
    if row[1] not in quantities.BY_ID or row[2] not in qualities.KEYS:
        return row
    slot, quantity, quality, periods, covered_ms, n = row[:6]
    values = [number / quantities.scale(quantity) for number in row[6:]] or [None] * 3
    named = {"slot": slot, "quantity": quantities.key(quantity), "unit": quantities.unit(quantity), "quality": qualities.KEYS[quality]}
    return {**named, "periods": periods, "covered_ms": covered_ms, "n": n, **dict(zip(("value", "min", "max"), values, strict=True))}
