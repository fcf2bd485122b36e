"""Log lines of gateways and nodes."""

from typing import Annotated

from fastapi import Query

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Admin, ServiceDependency
from fleet.devices import log_lines
from fleet.devices.log_lines import LogLine

router = admin_router("registry")


@router.get("/logs")
def list_logs(
    _admin: Admin,
    service: ServiceDependency,
    gateway: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[LogLine]:
    """The newest lines that gateways and nodes have logged."""
    return service.read(lambda connection: log_lines.log_lines(connection, gateway, limit))
