"""What was measured: the newest values, series, raw items, ledgers."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from contract import quantities
from contract.faults import Fault
from contract.site import device_api
from contract.values import MAX_INT, MAX_SEQ
from fleet.api.dependencies import Admin, NodeId, ServiceDependency, SiteId
from fleet.errors import InvalidError
from fleet.http.openapi import problems
from fleet.places.sites import require_site
from fleet.record import latest, ledger_view, node_list, raw_items, series
from fleet.record.latest import NodeLatest
from fleet.record.ledger_view import NodeLedger
from fleet.record.raw_items import StoredItem
from fleet.record.series import MAX_POINTS, Series, SiteSeries, Span

router = APIRouter(prefix="/api/v1", tags=["readings"], responses=problems(401, 422, 429, 503))

HOUR_MS = 3_600_000
MAX_POSITION = (1 << 31) - 1
_Quantity = Annotated[str, Query(json_schema_extra={"enum": list(quantities.ID)})]
_Limit = Annotated[int, Query(ge=1, le=MAX_POINTS, description="of points, more only of one moment; not with step_ms")]
_Step = Annotated[int | None, Query(ge=1000, le=31 * 24 * HOUR_MS, description="averages over steps of this length")]
_Moment = Annotated[int | None, Query(ge=0, le=MAX_INT)]


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
    return service.read(lambda connection: latest.latest(connection, service.clock.utc_ms()))


@router.get("/nodes/{node}/series", responses=problems(404))
def read_series(
    node: NodeId,
    _admin: Admin,
    service: ServiceDependency,
    quantity: _Quantity,
    slot: Annotated[int | None, Query(ge=0, le=15, description="all when absent")] = None,
    from_ms: _Moment = None,
    to_ms: _Moment = None,
    limit: _Limit = 1000,
    step_ms: _Step = None,
) -> Series:
    """Without to_ms up to now; without from_ms an hour before that."""
    service.read(lambda connection: node_list.node(connection, node))
    span = _span(service.clock.utc_ms(), from_ms, to_ms, limit, step_ms)
    return service.read(lambda connection: series.node_series(connection, node, quantity, slot, span))


@router.get("/sites/{site}/series", responses=problems(404))
def read_site_series(
    site: SiteId,
    _admin: Admin,
    service: ServiceDependency,
    quantity: _Quantity,
    position: Annotated[int | None, Query(ge=1, le=MAX_POSITION, description="all when absent")] = None,
    from_ms: _Moment = None,
    to_ms: _Moment = None,
    limit: _Limit = 1000,
    step_ms: _Step = None,
) -> SiteSeries:
    """By position, whichever node measured there. Without to_ms up to now; without from_ms an hour before that."""
    service.read(lambda connection: require_site(connection, site))
    span = _span(service.clock.utc_ms(), from_ms, to_ms, limit, step_ms)
    return service.read(lambda connection: series.site_series(connection, site, quantity, position, span))


def _span(now_ms: int, from_ms: int | None, to_ms: int | None, limit: int, step_ms: int | None) -> Span:
    end_ms = now_ms + 1 if to_ms is None else to_ms
    start_ms = max(0, end_ms - HOUR_MS) if from_ms is None else from_ms
    if start_ms > end_ms:
        raise InvalidError(Fault(("from_ms",), "not after to_ms", from_ms))
    return Span(start_ms, end_ms, limit, step_ms)


@router.get("/nodes/{node}/items", response_model=ItemsAnswer, responses=problems(404))
def read_items(
    node: NodeId,
    _admin: Admin,
    service: ServiceDependency,
    boot: Annotated[str | None, Query(pattern="^[0-9a-f]{16}$", description="the newest heard of when absent")] = None,
    from_seq: Annotated[int, Query(ge=0, le=MAX_SEQ)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    service.read(lambda connection: node_list.node(connection, node))
    page = service.read(lambda connection: raw_items.read(connection, node, boot, from_seq, limit))
    following = {"boot": page.next[0], "from_seq": page.next[1]} if page.next else None
    answer = {"items": [_item(item) for item in page.items], "next": following}
    return Response(msgspec.json.encode(answer), media_type="application/json")


@router.get("/nodes/{node}/ledger", responses=problems(404))
def read_ledger(node: NodeId, _admin: Admin, service: ServiceDependency) -> NodeLedger:
    service.read(lambda connection: node_list.node(connection, node))
    return service.read(lambda connection: ledger_view.read(connection, node))


def _item(item: StoredItem) -> dict[str, object]:
    time: dict[str, object] = {"how": item.how, "start_ms": item.start_ms, "error_ms": item.error_ms}
    if item.original:
        time["original"] = {"how": device_api.BY_BOUNDS, "start_ms": item.original[0], "error_ms": item.original[1]}
    answer = {
        "boot": item.boot,
        "seq": item.seq,
        "kind": item.kind,
        "uptime_ms": item.uptime_ms,
        "arrived_ms": item.arrived_ms,
        "received_ms": item.received_ms,
        "time": time,
        "body": msgspec.Raw(item.body),
    }
    return answer | {"position": item.position} if item.position else answer
