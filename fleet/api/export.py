"""What was measured, of many nodes at once, as CSV or NDJSON."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from contract import quantities
from contract.faults import Fault
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Reads, ServiceDependency, require_right
from fleet.api.spans import SpanQuery
from fleet.errors import InvalidError
from fleet.http.openapi import Responses, problems
from fleet.people.person import Person
from fleet.places.sites import require_site
from fleet.record import csv_rows, export
from fleet.record.export import Pieces, Place
from fleet.record.series import Span
from fleet.service import Service

router = admin_router("readings")

_Quantity = Annotated[str | None, Query(json_schema_extra={"enum": list(quantities.ID)}, description="all when absent")]
_CSV: Responses = {200: {"description": "CSV, a row a value", "content": {"text/csv": {}}}}


_NDJSON: Responses = {200: {"description": "NDJSON, a line a value", "content": {"application/x-ndjson": {"schema": {"type": "string"}}}}}
_Site = Annotated[str | None, Query(pattern=ID_PATTERN, description="all when absent")]


@router.get("/export.csv", response_class=StreamingResponse, responses={**_CSV, **problems(404)})
async def export_csv(
    person: Reads, service: ServiceDependency, span: SpanQuery, site: _Site = None, quantity: _Quantity = None
) -> StreamingResponse:
    """All that was measured in the span, by site, quantity and position, as reported or in bins. Columns: site, node, position, slot,
    quantity, unit, time (in the time zone of the district), time_ms, duration_ms, time_known, time_error_ms, value, min, max, n, quality,
    completeness, origin. Where there is no value, the quality says why. At most 31 days as reported, or 400 days and 2,000,000 bins. An
    answer that breaks off is not whole: the token was revoked meanwhile, or the service stopped."""
    pieces = Pieces(await _places(service, person, span, site, quantity), span, service.configuration.zone)
    return _streamed(service, pieces, csv_rows.head(service.configuration.time_zone), "csv", "text/csv; charset=utf-8")


@router.get("/export.ndjson", response_class=StreamingResponse, responses={**_NDJSON, **problems(404)})
async def export_ndjson(
    person: Reads, service: ServiceDependency, span: SpanQuery, site: _Site = None, quantity: _Quantity = None
) -> StreamingResponse:
    """As export.csv, a JSON object a line, with the columns as its names; null where a column is empty."""
    pieces = Pieces(await _places(service, person, span, site, quantity), span, service.configuration.zone, csv_rows.lines)
    return _streamed(service, pieces, "", "ndjson", "application/x-ndjson")


async def _places(service: Service, person: Person, span: Span, site: str | None, quantity: str | None) -> list[Place]:
    if site is not None:
        await require_right(service, person, "site", site)
        await service.consult(lambda connection: require_site(connection, site))
    if quantity is not None and quantity not in quantities.ID:
        raise InvalidError(Fault(("quantity",), "one of " + ", ".join(quantities.ID), quantity))
    found = await service.consult(lambda connection: export.places(connection, site, quantity, person.scope))
    export.require_bounded(found, span)
    return found


def _streamed(service: Service, pieces: Pieces, head: str, ending: str, media_type: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="airgrid.{ending}"'}
    return StreamingResponse(_stream(service, pieces, head), 200, headers, media_type)


async def _stream(service: Service, pieces: Pieces, head: str) -> AsyncIterator[str]:
    if head:
        yield head
    while True:
        piece = await run_in_threadpool(service.read, pieces.next_piece)
        if piece is None:
            return
        if piece:
            yield piece
