"""The device API: what gateways call. Ingest reads its body without a model: it is the hot path."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from contract.values import MAX_SEQ
from fleet.api import models
from fleet.api.dependencies import Gateway, ServiceDependency, Sha256, address_of
from fleet.configuration import desired
from fleet.devices import gateway_reports
from fleet.devices.gateway_reports import GatewayReport, LogLine
from fleet.errors import EnrolmentError, RateLimitedError
from fleet.http import byte_range
from fleet.http.openapi import body, problems
from fleet.http.request_body import read_body
from fleet.people import tokens
from fleet.record.ingest.items import MAX_BATCH_ITEMS, read_batch
from fleet.releases import artifacts
from fleet.store.storable import storable

MAX_INGEST_BYTES = 4 << 20

router = APIRouter(prefix="/device/v1", tags=["device"], responses=problems(401, 422, 429, 503))

_TOLD = {"type": "array", "items": {}}
_INGEST = {
    "type": "object",
    "description": f"of each list at most {MAX_BATCH_ITEMS}, else 413",
    "required": ["items"],
    "properties": {
        "items": {
            **_TOLD,
            "description": "each judged by itself: {node, boot, seq, kind, arrived_ms, time: {how, start_ms, error_ms}, body}; "
            "of a mobile site also position: {lat_e7, lon_e7, speed_mm_s, fix, hdop_x100, age_ms} or {why}",
        },
        "anchors": {**_TOLD, "description": "{node, boot, offset_ms, error_ms}: UTC = uptime + offset_ms in that boot"},
        "dropped": {**_TOLD, "description": "{node, boot, from, to, why}: items that the gateway gave up"},
    },
}


@router.post("/enrol", responses=problems(400, 403, 413))
async def enrol(request: Request, service: ServiceDependency, wanted: models.EnrolRequest) -> models.Enrolment:
    now_ms = service.clock.utc_ms()
    try:
        # Anybody may ask this: only a good code gets as far as the writer, on which all deliveries wait.
        await run_in_threadpool(service.read, lambda connection: tokens.check_code(connection, now_ms, wanted.code))
        enrolled = await service.write(lambda connection: tokens.enrol(connection, now_ms, wanted.code))
    except EnrolmentError:
        service.doorkeeper.note_failure(address_of(request))
        raise
    key = models.ConfigurationKey(id=service.signing_key.id, ed25519=service.signing_key.public_bytes.hex())
    return models.Enrolment(gateway=enrolled.gateway, token=enrolled.token, config_keys=[key], utc_ms=now_ms)


@router.post("/token")
async def renew_token(gateway: Gateway, service: ServiceDependency) -> models.NewToken:
    """A new token for the gateway that asks; the one in use holds until the new one has been used once."""
    token = await service.write(lambda connection: tokens.renew_gateway_token(connection, gateway))
    return models.NewToken(token=token, utc_ms=service.clock.utc_ms())


@router.post(
    "/ingest",
    response_model=models.IngestAnswer,
    responses=problems(400, 413),
    openapi_extra=body(_INGEST),
)
async def ingest(request: Request, gateway: Gateway, service: ServiceDependency) -> Response:
    wait_s = service.ingest_limit.take(gateway, service.clock.monotonic_ms())
    if wait_s:
        raise RateLimitedError(wait_s)
    # Off the event loop: a large batch of rare items takes a quarter of a second to judge, for which nobody else should wait.
    batch = await run_in_threadpool(read_batch, await read_body(request, MAX_INGEST_BYTES))
    results = await service.ingest(gateway, batch)
    answer = {"results": results, "dropped": len(batch.dropped), "utc_ms": service.clock.utc_ms()}
    return Response(msgspec.json.encode(answer), media_type="application/json")


@router.get("/desired", response_model=models.DesiredAnswer, responses={304: {"description": "nothing newer than `have`"}})
async def read_desired(
    gateway: Gateway,
    service: ServiceDependency,
    have: Annotated[int, Query(ge=0, le=MAX_SEQ, description="version that the gateway has")] = 0,
    wait: Annotated[int, Query(ge=0, le=600, description="seconds to wait for a newer one")] = 0,
) -> Response:
    signed = await run_in_threadpool(service.read, lambda connection: desired.newest(connection, gateway))
    if desired.may_overtake(signed.version, have):
        act = service.act(gateway, f"the gateway has {have}")
        await service.write(lambda connection: desired.overtake(connection, act, service.signing_key, have))
        signed = await run_in_threadpool(service.read, lambda connection: desired.newest(connection, gateway))
    if signed.version <= have and wait:
        await service.watch.wait(gateway, have, min(wait, service.configuration.longest_wait_s))
        signed = await run_in_threadpool(service.read, lambda connection: desired.newest(connection, gateway))
    if signed.version <= have:
        return Response(status_code=304)
    answer = {"document": msgspec.Raw(signed.document), "key_id": signed.key_id, "signature": signed.signature}
    return Response(msgspec.json.encode(answer), media_type="application/json")


@router.post("/reported", status_code=204, responses=problems(400, 413))
async def reported(gateway: Gateway, service: ServiceDependency, told: models.ReportedRequest) -> None:
    report = GatewayReport(
        told.version, told.ok, [storable(fault, 1000) for fault in told.faults], service.clock.utc_ms(), told.state, told.in_force
    )
    await service.write(lambda connection: gateway_reports.note_report(connection, gateway, report, told.counters))


@router.post("/logs", status_code=204, responses=problems(400, 413))
async def logs(gateway: Gateway, service: ServiceDependency, told: models.LogsRequest) -> None:
    lines = [LogLine(gateway, line.node, line.at_ms, line.level, storable(line.text, 1000)) for line in told.lines]
    now_ms, kept = service.clock.utc_ms(), service.configuration.log_lines
    await service.write(lambda connection: gateway_reports.add_log_lines(connection, lines, now_ms, kept))


@router.get(
    "/artifacts/{sha256}",
    response_class=Response,
    responses={
        200: {"description": "all of it", "content": {"application/octet-stream": {}}},
        206: {"description": "the range asked for", "content": {"application/octet-stream": {}}},
        **problems(404, 416),
    },
)
def read_artifact(
    sha256: Sha256, _gateway: Gateway, service: ServiceDependency, range: Annotated[str | None, Header(max_length=200)] = None
) -> Response:
    found = service.read(lambda connection: artifacts.find(connection, sha256))
    part = byte_range.parse(range, found.size)
    first, length = part or (0, found.size)
    content = service.read(lambda connection: artifacts.read(connection, sha256, first, length))
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{sha256}"'}
    if part is None:
        return Response(content, 200, headers, "application/octet-stream")
    headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{found.size}"
    return Response(content, 206, headers, "application/octet-stream")
