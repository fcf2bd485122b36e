"""What was measured: the newest values, series, raw items, ledgers."""

from datetime import tzinfo
from typing import Annotated, Any

import msgspec
from fastapi import Query, Response
from pydantic import BaseModel

from contract import quantities
from contract.site import device_api
from contract.values import MAX_SEQ
from fleet.api.admin_route import VerbatimResponse, admin_router
from fleet.api.dependencies import Admin, NodeId, ServiceDependency, SiteId
from fleet.api.spans import SpanQuery
from fleet.http.openapi import problems
from fleet.http.times import text_of
from fleet.places.sites import require_site
from fleet.record import latest, ledger_view, node_list, raw_items, series
from fleet.record.latest import NodeLatest
from fleet.record.ledger_view import NodeLedger
from fleet.record.raw_items import StoredItem
from fleet.record.series import Series, SiteSeries

router = admin_router("readings")

MAX_POSITION = (1 << 31) - 1
_Quantity = Annotated[str, Query(json_schema_extra={"enum": list(quantities.ID)})]


class ItemTime(BaseModel):
    """original: by bounds, where a later anchor repaired the time."""

    how: str
    start_ms: int
    error_ms: int
    original: "ItemTime | None" = None


class ItemPosition(BaseModel):
    """A place and how it is known (degrees * 10^7, WGS 84), or only `why` there is none."""

    lat_e7: int | None = None
    lon_e7: int | None = None
    speed_mm_s: int | None = None
    fix: str | None = None
    hdop_x100: int | None = None
    age_ms: int | None = None
    why: str | None = None


class ItemAnswer(BaseModel):
    """body: the item exactly as the node wrote it. position: of items of mobile sites."""

    boot: str
    seq: int
    kind: str
    uptime_ms: int
    arrived_ms: int
    received_ms: int
    time: ItemTime
    body: dict[str, Any]
    position: ItemPosition | None = None


class NextItem(BaseModel):
    boot: str
    from_seq: int


class ItemsAnswer(BaseModel):
    items: list[ItemAnswer]
    next: NextItem | None


@router.get("/latest")
def read_latest(_admin: Admin, service: ServiceDependency) -> list[NodeLatest]:
    """Of every node that is deployed, the newest value of every channel, with its age and its quality."""
    return service.read(lambda connection: latest.latest(connection, service.clock.utc_ms()))


@router.get("/nodes/{node}/series", responses=problems(404))
def read_series(
    node: NodeId,
    _admin: Admin,
    service: ServiceDependency,
    quantity: _Quantity,
    span: SpanQuery,
    slot: Annotated[int | None, Query(ge=0, le=15, description="all when absent")] = None,
) -> Series:
    """Without an end up to now; without a beginning an hour before that. With step_ms whole bins: the first is that in which the span
    begins, and they are the same at every call."""
    service.read(lambda connection: node_list.node(connection, node))
    return service.read(lambda connection: series.node_series(connection, node, quantity, slot, span))


@router.get("/sites/{site}/series", responses=problems(404))
def read_site_series(
    site: SiteId,
    _admin: Admin,
    service: ServiceDependency,
    quantity: _Quantity,
    span: SpanQuery,
    position: Annotated[int | None, Query(ge=1, le=MAX_POSITION, description="all when absent")] = None,
) -> SiteSeries:
    """By position of the site, whichever node measured there; span and bins as in the series of a node."""
    service.read(lambda connection: require_site(connection, site))
    return service.read(lambda connection: series.site_series(connection, site, quantity, position, span))


@router.get("/nodes/{node}/items", response_model=ItemsAnswer, responses=problems(404))
def read_items(
    node: NodeId,
    _admin: Admin,
    service: ServiceDependency,
    boot: Annotated[str | None, Query(pattern="^[0-9a-f]{16}$", description="the newest heard of when absent")] = None,
    from_seq: Annotated[int, Query(ge=0, le=MAX_SEQ)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """What the node wrote, byte for byte, boot by boot, and how each item is dated."""
    service.read(lambda connection: node_list.node(connection, node))
    page = service.read(lambda connection: raw_items.read(connection, node, boot, from_seq, limit))
    following = {"boot": page.next[0], "from_seq": page.next[1]} if page.next else None
    zone = service.configuration.zone
    answer = {"items": [_item(item, zone) for item in page.items], "next": following}
    return VerbatimResponse(msgspec.json.encode(answer))


@router.get("/nodes/{node}/ledger", responses=problems(404))
def read_ledger(node: NodeId, _admin: Admin, service: ServiceDependency) -> NodeLedger:
    """Of every boot of the node what came, what is missing, and what was given up for which reason."""
    service.read(lambda connection: node_list.node(connection, node))
    return service.read(lambda connection: ledger_view.read(connection, node))


def _item(item: StoredItem, zone: tzinfo) -> dict[str, object]:
    # The body is the node's own, byte for byte: only what stands around it gets the texts of its moments.
    time = _time(item.how, item.start_ms, item.error_ms, zone)
    if item.original:
        time["original"] = _time(device_api.BY_BOUNDS, *item.original, zone)
    answer = {
        "boot": item.boot,
        "seq": item.seq,
        "kind": item.kind,
        "uptime_ms": item.uptime_ms,
        "arrived_ms": item.arrived_ms,
        "arrived": text_of(item.arrived_ms, zone),
        "received_ms": item.received_ms,
        "received": text_of(item.received_ms, zone),
        "time": time,
        "body": msgspec.Raw(item.body),
    }
    return answer | {"position": item.position} if item.position else answer


def _time(how: str, start_ms: int, error_ms: int, zone: tzinfo) -> dict[str, object]:
    return {"how": how, "start_ms": start_ms, "start": text_of(start_ms, zone), "error_ms": error_ms}
