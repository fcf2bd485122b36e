"""The record of changes: who changed what, when and why."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from contract.values import MAX_INT
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Admin, ServiceDependency
from fleet.api.moments import BetweenQuery
from fleet.people import audit
from fleet.people.audit import Change, Wanted, What

router = admin_router("people")

_NO_NUL = r"^[^\x00]*$"
_Name = Annotated[str | None, Query(max_length=200, pattern=_NO_NUL)]
_Id = Annotated[int | None, Query(ge=0, le=MAX_INT, description="`next` of the answer before")]


class ChangesAnswer(BaseModel):
    """changes: the newest first. next: to be given as `below` for those before, null when there are none."""

    changes: list[Change]
    next: int | None


@router.get("/changes")
def list_changes(
    _admin: Admin,
    service: ServiceDependency,
    between: BetweenQuery,
    who: _Name = None,
    what: What | None = None,
    subject: Annotated[str | None, Query(max_length=200, pattern=_NO_NUL, description="name of a site, gateway, node or token")] = None,
    below: _Id = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ChangesAnswer:
    """Who changed what, when and why, and what it was before and after. The newest first."""
    wanted = Wanted(who, what, subject, between.from_ms, between.to_ms, below)
    found, following = service.read(lambda connection: audit.changes(connection, wanted, limit))
    return ChangesAnswer(changes=found, next=following)
