"""Log lines of gateways and nodes."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Reads, ServiceDependency
from fleet.api.fields import Limit, NumberCursor
from fleet.devices import log_lines
from fleet.devices.log_lines import LogLine
from fleet.http import paging

router = admin_router("registry")


class LogPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[LogLine]
    next: str | None


@router.get("/logs")
def list_logs(
    person: Reads,
    service: ServiceDependency,
    gateway: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    limit: Limit = 100,
    cursor: NumberCursor = None,
) -> LogPage:
    """What gateways and nodes have logged, the newest first."""
    below = None if cursor is None else paging.numbers_of(cursor, 1)[0]
    found = service.read(lambda connection: log_lines.log_lines(connection, gateway, limit + 1, below, person.scope))
    return LogPage(items=found[:limit], next=paging.cursor(found[limit - 1].id or 0) if len(found) > limit else None)
