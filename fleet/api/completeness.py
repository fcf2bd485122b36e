"""How complete the record of an area is."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Connection

from contract import quantities
from contract.faults import Fault
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Reads, ServiceDependency
from fleet.api.fields import Limit, NameCursor
from fleet.api.moments import BetweenQuery
from fleet.errors import InvalidError
from fleet.http.openapi import problems
from fleet.places import areas
from fleet.places.scopes import areas_in
from fleet.record.aggregates import completeness
from fleet.record.aggregates.completeness import MOST_DAYS, NO_AREA, Asked, Completeness, OfPlace
from fleet.record.bins import DAY_MS

router = admin_router("readings")

_Quantity = Annotated[str | None, Query(json_schema_extra={"enum": list(quantities.ID)}, description="all when absent")]
_By = Annotated[Literal["site", "cell", "community", "township", "district"], Query(description="what is told apart")]
_Area = Annotated[str | None, Query(pattern=ID_PATTERN, description="this area and all below it; everything when absent")]


class CompletenessPage(BaseModel):
    """from_ms, to_ms: the whole hours that were looked at. total: of everything that was asked for, on every page. next: the cursor of the
    next page; null on the last one."""

    from_ms: int
    to_ms: int
    total: Completeness
    items: list[OfPlace]
    next: str | None


@router.get("/completeness", responses=problems(404, 503))
def read_completeness(
    person: Reads,
    service: ServiceDependency,
    between: BetweenQuery,
    area: _Area = None,
    by: _By = "site",
    quantity: _Quantity = None,
    limit: Limit = 100,
    cursor: NameCursor = None,
) -> CompletenessPage:
    """Of the last 7 days when no period is named: the time with usable values, of the time in which a node was deployed that measures.
    By site or by area; what of a node is missing, and why, is in nodes/{node}/ledger. Hours that are not over do not count. 503 while very
    much is being computed anew."""
    now_ms = service.clock.utc_ms()
    end_ms = now_ms if between.to_ms is None else between.to_ms
    begin_ms = max(0, end_ms - 7 * DAY_MS) if between.from_ms is None else between.from_ms
    from_ms, to_ms = completeness.whole_hours(begin_ms, end_ms, now_ms)
    if from_ms >= to_ms:
        raise InvalidError(Fault(("from",), "an hour, at least, that is over", begin_ms))
    if to_ms - from_ms > MOST_DAYS * DAY_MS:
        raise InvalidError(Fault(("from",), f"a span of at most {MOST_DAYS} days", begin_ms))
    if quantity is not None and quantity not in quantities.ID:
        raise InvalidError(Fault(("quantity",), "one of " + ", ".join(quantities.ID), quantity))

    def work(connection: Connection) -> tuple[Completeness, list[OfPlace]]:
        everywhere = None if person.scope.areas is None else areas_in(person.scope)
        under = everywhere if area is None else areas.with_all_below(connection, area, person.scope)
        asked = Asked(from_ms, to_ms, under, None if quantity is None else quantities.ID[quantity])
        return completeness.read(connection, asked, None if by == "site" else by)

    total, places = service.read(work)
    following = [place for place in places if cursor is None or place.id > cursor or place.id == NO_AREA]
    page = following[:limit]
    return CompletenessPage(from_ms=from_ms, to_ms=to_ms, total=total, items=page, next=page[-1].id if len(following) > limit else None)
