"""What a gateway reports of itself: its answer to the desired document, its counters, its log lines."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from contract.site import device_api
from fleet.api.dependencies import Gateway, ServiceDependency
from fleet.api.fields import Count, Id, Line, Ms, Request, Text, Version
from fleet.devices import gateway_reports, log_lines
from fleet.devices.gateway_reports import GatewayReport, ReportNumber
from fleet.devices.log_lines import LogLine
from fleet.http.openapi import problems
from fleet.store.storable import storable

router = APIRouter(prefix=device_api.PREFIX, tags=["device"], responses=problems(401, 422, 429, 503))


class ReportedRequest(Request):
    """state: of that version. in_force: the version that the gateway runs on. boot, seq: which run of its program reports, and the
    number of the report in it: one that comes late changes nothing."""

    version: Version
    ok: bool
    state: device_api.TrialState | None = None
    in_force: Version | None = None
    faults: Annotated[list[Text], Field(max_length=device_api.MAX_REPORTED_FAULTS)] = []
    # (pydantic leaves a name that does not match open in its schema, but refuses it)
    counters: Annotated[
        dict[Line, Count], Field(max_length=device_api.MAX_REPORTED_COUNTERS, json_schema_extra={"additionalProperties": False})
    ] = {}
    boot: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None
    seq: Count | None = None


class LogLineRequest(Request):
    at_ms: Ms
    node: Id | None = None
    level: Annotated[str, Field(pattern="^[A-Za-z]{1,10}$")]
    text: Text


class LogsRequest(Request):
    lines: Annotated[list[LogLineRequest], Field(max_length=device_api.MAX_LOG_LINES)]


@router.post(device_api.REPORTED, status_code=204, responses=problems(400, 413))
async def reported(gateway: Gateway, service: ServiceDependency, received: ReportedRequest) -> None:
    """What the gateway says of its desired document, and its counters."""
    report = GatewayReport(
        received.version,
        received.ok,
        [storable(fault, device_api.MAX_TEXT_CHARACTERS) for fault in received.faults],
        service.clock.utc_ms(),
        received.state,
        received.in_force,
    )
    number = None if received.boot is None or received.seq is None else ReportNumber(received.boot, received.seq)
    await service.write(lambda connection: gateway_reports.record_report(connection, gateway, report, received.counters, number))


@router.post(device_api.LOGS, status_code=204, responses=problems(400, 413))
async def logs(gateway: Gateway, service: ServiceDependency, received: LogsRequest) -> None:
    """Log lines of the gateway and its nodes."""
    lines = [
        LogLine(gateway, line.node, line.at_ms, line.level, storable(line.text, device_api.MAX_TEXT_CHARACTERS)) for line in received.lines
    ]
    now_ms, kept = service.clock.utc_ms(), service.configuration.log_lines
    await service.write(lambda connection: log_lines.add_log_lines(connection, lines, now_ms, kept))
