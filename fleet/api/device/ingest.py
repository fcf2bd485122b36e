"""Delivery of items. The body is read without a model: it is the hot path."""

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from fleet.api.dependencies import Gateway, ServiceDependency
from fleet.errors import RateLimitedError
from fleet.http.openapi import body, problems
from fleet.http.request_body import read_body
from fleet.record.ingest.items import MAX_BATCH_ITEMS, read_batch

MAX_INGEST_BYTES = 4 << 20

router = APIRouter(prefix="/device/v1", tags=["device"], responses=problems(401, 422, 429, 503))

_LIST = {"type": "array", "items": {}}
_INGEST = {
    "type": "object",
    "description": f"of each list at most {MAX_BATCH_ITEMS}, else 413",
    "required": ["items"],
    "properties": {
        "items": {
            **_LIST,
            "description": "each judged by itself: {node, boot, seq, kind, arrived_ms, time: {how, start_ms, error_ms}, body}; "
            "of a mobile site also position: {lat_e7, lon_e7, speed_mm_s, fix, hdop_x100, age_ms} or {why}",
        },
        "anchors": {**_LIST, "description": "{node, boot, offset_ms, error_ms}: UTC = uptime + offset_ms in that boot"},
        "dropped": {**_LIST, "description": "{node, boot, from, to, why}: items that the gateway gave up"},
    },
}


class IngestResult(BaseModel):
    """status: accepted, duplicate or refused; with refused a reason, and with bad_item a detail."""

    status: str
    reason: str | None = None
    detail: str | None = None


class IngestAnswer(BaseModel):
    """results: one for each item, in order. dropped: how many dropped ranges were received; an invalid one, or one of a
    node of another gateway, is counted as refused (bad_tombstone) and need not be sent again."""

    results: list[IngestResult]
    dropped: int
    utc_ms: int


@router.post(
    "/ingest",
    response_model=IngestAnswer,
    responses=problems(400, 413),
    openapi_extra=body(_INGEST),
)
async def ingest(request: Request, gateway: Gateway, service: ServiceDependency) -> Response:
    wait_s = service.ingest_limit.take(gateway, service.clock.monotonic_ms())
    if wait_s:
        raise RateLimitedError(wait_s)
    # Off the event loop: a large batch of rare items takes a quarter of a second to judge, for which no other request should wait.
    batch = await run_in_threadpool(read_batch, await read_body(request, MAX_INGEST_BYTES))
    results = await service.ingest(gateway, batch)
    answer = {"results": results, "dropped": len(batch.dropped), "utc_ms": service.clock.utc_ms()}
    return Response(msgspec.json.encode(answer), media_type="application/json")
