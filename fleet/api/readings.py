"""The admin API, second part: nodes, what they measured, their raw items and their ledgers."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response

from contract import quantities
from contract.values import MAX_INT, MAX_SEQ
from fleet.api import models
from fleet.api.dependencies import Admin, NodeId, ServiceDependency
from fleet.errors import Fault, InvalidError
from fleet.http.openapi import problems
from fleet.record import ledger_view, raw_items, readings
from fleet.record.ledger_view import NodeLedger
from fleet.record.raw_items import StoredItem
from fleet.record.readings import MAX_POINTS, NodeLatest, NodeView, Series, Span

router = APIRouter(prefix="/api/v1", tags=["readings"], responses=problems(401, 422, 429, 503))

HOUR_MS = 3_600_000
_Moment = Annotated[int | None, Query(ge=0, le=MAX_INT)]


@router.get("/nodes")
def list_nodes(_admin: Admin, service: ServiceDependency) -> list[NodeView]:
    return service.read(readings.nodes)


@router.get("/nodes/{node}", responses=problems(404))
def read_node(node: NodeId, _admin: Admin, service: ServiceDependency) -> NodeView:
    return service.read(lambda connection: readings.node(connection, node))


@router.get("/latest")
def read_latest(_admin: Admin, service: ServiceDependency) -> list[NodeLatest]:
    return service.read(lambda connection: readings.latest(connection, service.clock.utc_ms()))


@router.get("/nodes/{node}/series", responses=problems(404))
def read_series(
    node: NodeId,
    _admin: Admin,
    service: ServiceDependency,
    quantity: Annotated[str, Query(json_schema_extra={"enum": list(quantities.ID)})],
    slot: Annotated[int | None, Query(ge=0, le=15, description="all when absent")] = None,
    from_ms: _Moment = None,
    to_ms: _Moment = None,
    limit: Annotated[int, Query(ge=1, le=MAX_POINTS, description="of points, more only of one moment; not with step_ms")] = 1000,
    step_ms: Annotated[int | None, Query(ge=1000, le=31 * 24 * HOUR_MS, description="averages over steps of this length")] = None,
) -> Series:
    """Without to_ms up to now; without from_ms an hour before that."""
    end_ms = service.clock.utc_ms() + 1 if to_ms is None else to_ms
    start_ms = max(0, end_ms - HOUR_MS) if from_ms is None else from_ms
    if start_ms > end_ms:
        raise InvalidError(Fault("from_ms", "not after to_ms", str(from_ms)))
    service.read(lambda connection: readings.node(connection, node))
    span = Span(start_ms, end_ms, limit, step_ms)
    return service.read(lambda connection: readings.series(connection, node, quantity, slot, span))


@router.get("/nodes/{node}/items", response_model=models.ItemsAnswer, responses=problems(404))
def read_items(
    node: NodeId,
    _admin: Admin,
    service: ServiceDependency,
    boot: Annotated[str | None, Query(pattern="^[0-9a-f]{16}$", description="the newest heard of when absent")] = None,
    from_seq: Annotated[int, Query(ge=0, le=MAX_SEQ)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    service.read(lambda connection: readings.node(connection, node))
    page = service.read(lambda connection: raw_items.read(connection, node, boot, from_seq, limit))
    following = {"boot": page.next[0], "from_seq": page.next[1]} if page.next else None
    answer = {"items": [_item(item) for item in page.items], "next": following}
    return Response(msgspec.json.encode(answer), media_type="application/json")


@router.get("/nodes/{node}/ledger", responses=problems(404))
def read_ledger(node: NodeId, _admin: Admin, service: ServiceDependency) -> NodeLedger:
    service.read(lambda connection: readings.node(connection, node))
    return service.read(lambda connection: ledger_view.read(connection, node))


def _item(item: StoredItem) -> dict[str, object]:
    time: dict[str, object] = {"how": item.how, "start_ms": item.start_ms, "error_ms": item.error_ms}
    if item.original:
        time["original"] = {"how": "bounds", "start_ms": item.original[0], "error_ms": item.original[1]}
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
