"""The span of a series: from, to, in points or in bins that lie on the clock."""

from typing import Annotated

from fastapi import Depends, Query

from contract.faults import Fault
from fleet.api.dependencies import ServiceDependency
from fleet.api.moments import BetweenQuery
from fleet.errors import InvalidError
from fleet.http.zones import zone_of
from fleet.record.bins import STEP_FORM, whole_bins
from fleet.record.series import MAX_POINTS, Span

HOUR_MS = 3_600_000
POINTS = 1000

_Limit = Annotated[
    int | None, Query(ge=1, le=MAX_POINTS, description=f"of points, {POINTS} when absent, more only of one moment; not with step_ms")
]
_Step = Annotated[
    int | None, Query(ge=1, description=f"averages over bins on the clock of this length, ms: {STEP_FORM}", examples=[3_600_000])
]
_Zone = Annotated[
    str | None,
    Query(max_length=60, description="time zone of the bins (IANA); that of the district when absent; with step_ms only", examples=["UTC"]),
]


def _span(service: ServiceDependency, between: BetweenQuery, limit: _Limit = None, step_ms: _Step = None, tz: _Zone = None) -> Span:
    end_ms = service.clock.utc_ms() + 1 if between.to_ms is None else between.to_ms
    start_ms = max(0, end_ms - HOUR_MS) if between.from_ms is None else between.from_ms
    if start_ms > end_ms:
        raise InvalidError(Fault(("from",), "not after now, where no end is given", start_ms))
    if step_ms is None:
        if tz is not None:
            raise InvalidError(Fault(("tz",), "left out without step_ms: it is the zone of its bins", tz))
        return Span(start_ms, end_ms, limit or POINTS)
    zone, faults = service.configuration.zone if tz is None else zone_of(tz), []
    if limit is not None:
        faults.append(Fault(("limit",), "left out with step_ms: every bin of the span is given", limit))
    if zone is None:
        faults.append(Fault(("tz",), "the name of a time zone, such as Asia/Shanghai or UTC", tz))
    if faults or zone is None:
        raise InvalidError(*faults)
    return Span(*whole_bins(start_ms, end_ms, step_ms, zone), step_ms=step_ms)


SpanQuery = Annotated[Span, Depends(_span)]
