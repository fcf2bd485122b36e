"""What was measured, of many nodes at once, as CSV."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from contract import quantities
from contract.faults import Fault
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Admin, ServiceDependency
from fleet.api.spans import SpanQuery
from fleet.errors import InvalidError
from fleet.http.openapi import Responses, problems
from fleet.places.sites import require_site
from fleet.record import csv_rows, export
from fleet.record.export import Pieces
from fleet.service import Service

router = admin_router("readings")

_Quantity = Annotated[str | None, Query(json_schema_extra={"enum": list(quantities.ID)}, description="all when absent")]
_CSV: Responses = {200: {"description": "CSV, a row a value", "content": {"text/csv": {}}}}


@router.get("/export.csv", response_class=StreamingResponse, responses={**_CSV, **problems(404)})
async def export_csv(
    _admin: Admin,
    service: ServiceDependency,
    span: SpanQuery,
    site: Annotated[str | None, Query(pattern=ID_PATTERN, description="all when absent")] = None,
    quantity: _Quantity = None,
) -> StreamingResponse:
    """All that was measured in the span, by site, quantity and position, as reported or in bins. Columns: site, node, position, slot,
    quantity, unit, time (in the time zone of the district), time_ms, duration_ms, time_known, time_error_ms, value, min, max, n, quality,
    completeness. Where there is no value, the quality says why. At most 31 days as reported, or 400 days and 2,000,000 bins. An answer that
    breaks off is not whole: the token was revoked meanwhile, or the service stopped."""
    if site is not None:
        await service.consult(lambda connection: require_site(connection, site))
    if quantity is not None and quantity not in quantities.ID:
        raise InvalidError(Fault(("quantity",), "one of " + ", ".join(quantities.ID), quantity))
    found = await service.consult(lambda connection: export.places(connection, site, quantity))
    export.require_bounded(found, span)
    pieces = Pieces(found, span, service.configuration.zone)
    headers = {"Content-Disposition": 'attachment; filename="airgrid.csv"'}
    return StreamingResponse(_stream(service, pieces), 200, headers, "text/csv; charset=utf-8")


async def _stream(service: Service, pieces: Pieces) -> AsyncIterator[str]:
    yield csv_rows.head(service.configuration.time_zone)
    while True:
        piece = await run_in_threadpool(service.read, pieces.next_piece)
        if piece is None:
            return
        if piece:
            yield piece
