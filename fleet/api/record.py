"""What was measured: the newest values, series, raw items, ledgers."""

from datetime import tzinfo
from typing import Annotated, Any, Literal

import msgspec
from fastapi import Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from contract import quantities
from contract.site import device_api
from contract.values import MAX_SEQ
from fleet.api.admin_route import VerbatimResponse, admin_router
from fleet.api.dependencies import NodeId, Reads, ServiceDependency, SiteId
from fleet.api.fields import Limit, NameCursor, NumberCursor
from fleet.api.spans import SpanQuery
from fleet.http import paging
from fleet.http.openapi import Responses, problems
from fleet.http.times import text_of
from fleet.places.sites import require_site
from fleet.record import csv_rows, export, latest, ledger_view, node_list, raw_items, series, track
from fleet.record.csv_rows import Channel
from fleet.record.latest import NodeLatest
from fleet.record.ledger_view import NodeLedger
from fleet.record.raw_items import StoredItem
from fleet.record.series import Series, SiteSeries
from fleet.record.track import Track
from fleet.service import Service

router = admin_router("readings")

_Format = Annotated[Literal["json", "csv"], Query(description="csv: a row a point; a cut answer has the header Airgrid-Next-Ms")]
_AS_CSV: Responses = {200: {"content": {"text/csv": {}}}}
_ItemCursor = Annotated[str | None, Query(pattern=r"^[0-9a-f]{16}\.[0-9]{1,10}$", description="`next` of the page before")]
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


class ItemPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[ItemAnswer]
    next: str | None


class LatestPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[NodeLatest]
    next: str | None


@router.get("/latest")
def read_latest(person: Reads, service: ServiceDependency, limit: Limit = 100, cursor: NameCursor = None) -> LatestPage:
    """Of every node that is deployed, by name, the newest value of every channel, with its age and its quality."""
    now_ms = service.clock.utc_ms()
    found = service.read(lambda connection: latest.latest(connection, now_ms, limit=limit + 1, after=cursor, scope=person.scope))
    return LatestPage(items=found[:limit], next=found[limit - 1].node if len(found) > limit else None)


@router.get("/nodes/{node}/series", response_model=Series, responses={**_AS_CSV, **problems(404)})
def read_series(
    node: NodeId,
    person: Reads,
    service: ServiceDependency,
    quantity: _Quantity,
    span: SpanQuery,
    slot: Annotated[int | None, Query(ge=0, le=15, description="all when absent")] = None,
    format: _Format = "json",
) -> Series | Response:
    """Without an end up to now; without a beginning an hour before that. With step_ms whole bins: the first is that in which the span
    begins, and they are the same at every call."""
    service.read(lambda connection: node_list.node(connection, node))
    found = service.read(lambda connection: series.node_series(connection, node, quantity, slot, span, person.scope))
    if format == "json":
        return found
    zone = service.configuration.zone
    return _csv(service, csv_rows.rows(Channel("", node, None, quantity, found.unit), found.points, zone), found.next_ms)


@router.get("/sites/{site}/series", response_model=SiteSeries, responses={**_AS_CSV, **problems(404)})
def read_site_series(
    site: SiteId,
    person: Reads,
    service: ServiceDependency,
    quantity: _Quantity,
    span: SpanQuery,
    position: Annotated[int | None, Query(ge=1, le=MAX_POSITION, description="all when absent")] = None,
    format: _Format = "json",
) -> SiteSeries | Response:
    """By position of the site, whichever node measured there; span and bins as in the series of a node."""
    service.read(lambda connection: require_site(connection, site))
    found = service.read(lambda connection: series.site_series(connection, site, quantity, position, span))
    if format == "json":
        return found
    return _csv(service, export.rows_of(found, service.configuration.zone), found.next_ms)


@router.get("/sites/{site}/track", responses=problems(404))
def read_track(site: SiteId, _person: Reads, service: ServiceDependency, quantity: _Quantity, span: SpanQuery) -> Track:
    """Of a mobile site what was measured where: each period with the place of its node at its time. Where no place is known near that time,
    latitude and longitude are null, and `why` says why. Span as in the series, without step_ms."""
    service.read(lambda connection: require_site(connection, site))
    return service.read(lambda connection: track.read(connection, site, quantity, span))


def _csv(service: Service, rows: list[list[Any]], next_ms: int | None) -> Response:
    # A cut answer must not look whole: where to go on stands in a header, as it does in JSON in next_ms.
    headers = {} if next_ms is None else {"Airgrid-Next-Ms": str(next_ms)}
    text = csv_rows.head(service.configuration.time_zone) + csv_rows.text(rows)
    return PlainTextResponse(text, 200, headers, "text/csv")


@router.get("/nodes/{node}/items", response_model=ItemPage, responses=problems(404))
def read_items(
    node: NodeId,
    person: Reads,
    service: ServiceDependency,
    boot: Annotated[str | None, Query(pattern="^[0-9a-f]{16}$", description="the newest heard of when absent")] = None,
    from_seq: Annotated[int, Query(ge=0, le=MAX_SEQ)] = 0,
    limit: Limit = 100,
    cursor: _ItemCursor = None,
) -> Response:
    """Of one boot, what the node wrote, byte for byte, and how each item is dated. A cursor names its boot and seq itself."""
    service.read(lambda connection: node_list.node(connection, node))
    if cursor is not None:
        boot, seq = cursor.split(".")
        from_seq = int(seq)
    page = service.read(lambda connection: raw_items.read(connection, node, boot, from_seq, limit))
    following = f"{page.next[0]}.{page.next[1]}" if page.next else None
    zone = service.configuration.zone
    answer = {"items": [_item(item, zone) for item in page.items], "next": following}
    return VerbatimResponse(msgspec.json.encode(answer))


@router.get("/nodes/{node}/ledger", responses=problems(404))
def read_ledger(node: NodeId, person: Reads, service: ServiceDependency, limit: Limit = 100, cursor: NumberCursor = None) -> NodeLedger:
    """Of the boots of the node, in the order in which they were heard of, what came, what is missing, and what was given up for which
    reason."""
    service.read(lambda connection: node_list.node(connection, node))
    after = 0 if cursor is None else paging.numbers_of(cursor, 1)[0]
    return service.read(lambda connection: ledger_view.read(connection, node, limit, after))


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
