"""What happened in the district: events of nodes and gateways."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from contract.site import event_names
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Reads, ServiceDependency
from fleet.api.moments import BetweenQuery
from fleet.http import paging
from fleet.record import event_list
from fleet.record.event_list import Event, EventFilter

router = admin_router("alarms")

_Id = Annotated[str | None, Query(pattern=ID_PATTERN)]
_KINDS = ", ".join(event_names.EVENTS)


class EventPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[Event]
    next: str | None


@router.get("/events")
def list_events(
    person: Reads,
    service: ServiceDependency,
    between: BetweenQuery,
    kind: Annotated[str | None, Query(max_length=40, pattern=r"^[^\x00]+$", description=f"such as {_KINDS}")] = None,
    site: _Id = None,
    gateway: _Id = None,
    node: Annotated[
        str | None, Query(pattern=ID_PATTERN, description="the node that it is about; a gateway for what is about itself")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="events of one page")] = 100,
    cursor: Annotated[str | None, Query(max_length=60, description="`next` of the page before")] = None,
) -> EventPage:
    """The newest first, by the time at which it happened."""
    wanted = EventFilter(kind, site, gateway, node, between.from_ms, between.to_ms, person.scope)
    after = None if cursor is None else paging.numbers_of(cursor, 3)
    page = service.read(lambda connection: event_list.events(connection, wanted, limit, after))
    return EventPage(items=page.events, next=paging.cursor(*page.last) if page.last else None)
