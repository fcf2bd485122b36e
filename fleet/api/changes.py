"""The record of changes: who changed what, when and why."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Administers, ServiceDependency
from fleet.api.fields import Cursor
from fleet.api.moments import BetweenQuery
from fleet.devices.scopes import gateways_in, sensors_in
from fleet.http import paging
from fleet.people import audit
from fleet.people.audit import Actor, Change, Subjects, Wanted, What
from fleet.people.rights import Scope
from fleet.places.scopes import areas_in, nodes_in, sites_in

router = admin_router("people")

_NO_NUL = r"^[^\x00]*$"
_Name = Annotated[str | None, Query(max_length=200, pattern=_NO_NUL)]


class ChangePage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[Change]
    next: str | None


@router.get("/changes")
def list_changes(
    person: Administers,
    service: ServiceDependency,
    between: BetweenQuery,
    who: _Name = None,
    actor: Annotated[Actor | None, Query(description="kind of who acted")] = None,
    what: What | None = None,
    subject: Annotated[str | None, Query(max_length=200, pattern=_NO_NUL, description="name of a site, gateway, node or token")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Cursor = None,
) -> ChangePage:
    """Who changed what, when and why, and what it was before and after. The newest first."""
    below = None if cursor is None else paging.numbers_of(cursor, 1)[0]
    wanted = Wanted(who, actor, what, subject, between.from_ms, between.to_ms, below, subjects_in(person.scope))
    found = service.read(lambda connection: audit.changes(connection, wanted, limit + 1))
    return ChangePage(items=found[:limit], next=paging.cursor(found[limit - 1].id) if len(found) > limit else None)


def subjects_in(scope: Scope) -> Subjects | None:
    """What changes of a part of the district are about; None: anything."""
    if scope.areas is None:
        return None
    things = {"gateway": gateways_in(scope), "node": nodes_in(scope), "sensor": sensors_in(scope)}
    return {"area": areas_in(scope), "site": sites_in(scope), **things}
