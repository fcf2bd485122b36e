"""Delivery of items. The body is read without a model: it is the hot path."""

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from contract.site import device_api
from contract.site import device_api_keys as keys
from fleet.api.dependencies import Gateway, ServiceDependency
from fleet.errors import RateLimitedError
from fleet.http.openapi import body, problems
from fleet.http.request_body import read_body
from fleet.http.time_header import skew_ms
from fleet.record.ingest.items import read_batch

router = APIRouter(prefix=device_api.PREFIX, tags=["device"], responses=problems(401, 422, 429, 503))


def _listed(names: tuple[str, ...]) -> str:
    return f"{{{', '.join(names)}}}"


_LIST = {"type": "array", "items": {}}
_INGEST = {
    "type": "object",
    "description": f"of each list at most {device_api.MAX_BATCH_ITEMS}, else 413",
    "required": [keys.ITEMS],
    "properties": {
        keys.ITEMS: {
            **_LIST,
            "description": f"each judged by itself: {_listed(keys.ITEM)}; {keys.TIME}: {_listed(keys.ITEM_TIME)}; "
            f"{keys.POSITION}, of mobile sites only: "
            "{lat_e7, lon_e7, speed_mm_s, fix, hdop_x100, age_ms} or {why}",
        },
        keys.ANCHORS: {**_LIST, "description": f"{_listed(keys.ANCHOR)}: UTC = uptime + {keys.OFFSET_MS} in that boot"},
        keys.DROPPED: {**_LIST, "description": f"{_listed(keys.DROPPED_RANGE)}: items that the gateway gave up"},
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
    device_api.INGEST,
    response_model=IngestAnswer,
    responses=problems(400, 413),
    openapi_extra=body(_INGEST),
)
async def ingest(request: Request, gateway: Gateway, service: ServiceDependency) -> Response:
    """Delivers items. The answer, after the commit, says of each whether it is accepted, a duplicate or refused."""
    # Before the body is read: however long that takes, it makes no clock late.
    clock_skew_ms = skew_ms(request.headers.get(device_api.TIME_HEADER), service.clock.utc_ms())
    wait_s = service.ingest_limit.take(gateway, service.clock.monotonic_ms())
    if wait_s:
        raise RateLimitedError(wait_s)
    # Off the event loop: a large batch of rare items takes a quarter of a second to judge, for which no other request should wait.
    batch = await service.gateways.run(read_batch, await read_body(request, device_api.MAX_INGEST_BYTES))
    results = await service.ingest(gateway, batch, clock_skew_ms)
    answer = {keys.RESULTS: results, keys.DROPPED: len(batch.dropped), keys.UTC_MS: service.clock.utc_ms()}
    return Response(msgspec.json.encode(answer), media_type=device_api.ANSWER_TYPE)
