"""Why a published number is what it is: one call."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Connection

from air.statistics.hours import HOUR_MS
from contract import quantities
from contract.faults import MISSING, Fault
from fleet.api.admin_route import admin_router
from fleet.api.changes import subjects_in
from fleet.api.dependencies import Reads, ServiceDependency, SiteId
from fleet.api.moments import BetweenQuery
from fleet.errors import InvalidError
from fleet.http.openapi import problems
from fleet.people import audit
from fleet.people.audit import Change, Wanted
from fleet.people.rights import Scope
from fleet.places.sites import require_site
from fleet.record import explain
from fleet.record.bins import DAY_MS, whole_bins
from fleet.record.bins_of_series import Steps
from fleet.record.explain import Bin, ExplainedValue

router = admin_router("readings")

MAX_POSITION = (1 << 31) - 1
# Of each of what they are about.
MOST_CHANGES = 20

_Quantity = Annotated[str, Query(json_schema_extra={"enum": list(quantities.ID)})]
_Position = Annotated[int, Query(ge=1, le=MAX_POSITION)]
_Step = Annotated[
    int | None, Query(ge=HOUR_MS, le=DAY_MS, description="explains the bin of this length that `from` lies in; a value when absent")
]


class Explanation(BaseModel):
    """values: those whose time contains the moment, or of a bin none. bin: with step_ms. changes: of the site, and of the nodes and
    gateways that the values come from, up to then, the newest first; all of them are listed by GET /api/v1/changes."""

    site: str
    quantity: str
    unit: str
    position: int
    at_ms: int
    bin: Bin | None
    values: list[ExplainedValue]
    changes: list[Change]


@router.get("/sites/{site}/explain", responses=problems(404, 503))
def read_explanation(
    site: SiteId,
    person: Reads,
    service: ServiceDependency,
    between: BetweenQuery,
    quantity: _Quantity,
    position: _Position = 1,
    step_ms: _Step = None,
) -> Explanation:
    """Of the moment `from`: raw body, node, boot, sensor with its serial, firmware, settings, repaired time, quality, and who changed what.
    With step_ms (whole hours) the bin that it lies in, and of which items that was made."""
    at_ms = between.from_ms
    if at_ms is None:
        raise InvalidError(Fault(("from",), "the moment to explain, as from or from_ms", MISSING))
    if quantity not in quantities.ID:
        raise InvalidError(Fault(("quantity",), "one of " + ", ".join(quantities.ID), quantity))
    code, steps = quantities.ID[quantity], None
    if step_ms is not None:
        steps = Steps(*whole_bins(at_ms, at_ms + 1, step_ms, service.configuration.zone), step_ms)
        if not steps.are_of_hours:
            raise InvalidError(Fault(("step_ms",), "whole hours, in a time zone whose midnight is on one", step_ms))

    def work(connection: Connection) -> Explanation:
        require_site(connection, site)
        made = explain.bin_of(connection, site, code, position, steps) if steps else None
        values = explain.values(connection, site, code, position, at_ms) if steps is None else []
        changes = _changes(connection, person.scope, _subjects(site, values, made), at_ms)
        unit = quantities.unit(code)
        return Explanation(
            site=site, quantity=quantity, unit=unit, position=position, at_ms=at_ms, bin=made, values=values, changes=changes
        )

    return service.read(work)


def _subjects(site: str, values: list[ExplainedValue], made: Bin | None) -> set[str]:
    gateways = {one.gateway for one in values if one.gateway}
    return {site, *(one.node for one in values), *gateways, *(run.reporter for run in (made.runs if made else []))}


def _changes(connection: Connection, scope: Scope, subjects: set[str], until_ms: int) -> list[Change]:
    """scope: that who asks may see."""
    seen = subjects_in(scope)
    wanted = [Wanted(subject=name, to_ms=until_ms + 1, subjects=seen) for name in subjects]
    found = [one for each in wanted for one in audit.changes(connection, each, MOST_CHANGES)]
    return sorted(found, key=lambda change: -change.id)
