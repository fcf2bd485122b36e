"""The alarms of the district, open and past."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from contract.site import rules
from contract.values import MAX_KEY
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Admin, ServiceDependency
from fleet.api.moments import BetweenQuery
from fleet.http import paging
from fleet.record import alarms
from fleet.record.alarms import Alarm, AlarmFilter, State

router = admin_router("alarms")

_Id = Annotated[str | None, Query(pattern=ID_PATTERN)]


class AlarmPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[Alarm]
    next: str | None


@router.get("/alarms")
def list_alarms(
    _admin: Admin,
    service: ServiceDependency,
    between: BetweenQuery,
    state: Annotated[State | None, Query(description="open, past; both when absent")] = None,
    site: _Id = None,
    gateway: _Id = None,
    node: _Id = None,
    rule: Annotated[str | None, Query(min_length=1, max_length=MAX_KEY, pattern=r"^[^\x00]*$")] = None,
    severity: Annotated[str | None, Query(json_schema_extra={"enum": list(rules.SEVERITIES)}, pattern="^(notice|warning|alarm)$")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="alarms of one page")] = 100,
    cursor: Annotated[str | None, Query(max_length=40, description="`next` of the page before")] = None,
) -> AlarmPage:
    """The newest first. Of a span: those that were open at some time of it. Texts are in Chinese and English, values in their unit."""
    wanted = AlarmFilter(state, site, gateway, node, rule, severity, between.from_ms, between.to_ms)
    after = None if cursor is None else paging.numbers_of(cursor, 2)
    found = service.read(lambda connection: alarms.alarms(connection, wanted, limit + 1, after))
    shown = found[:limit]
    following = paging.cursor(shown[-1].since_ms, shown[-1].id) if len(found) > limit else None
    return AlarmPage(items=shown, next=following)
