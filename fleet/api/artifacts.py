"""Files for gateways: adding them."""

from typing import Annotated

from fastapi import Query, Request

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Governs, ServiceDependency
from fleet.http.openapi import body, problems
from fleet.http.request_body import read_body
from fleet.releases import artifacts
from fleet.releases.artifacts import Artifact

router = admin_router("registry")


@router.post(
    "/artifacts",
    status_code=201,
    responses=problems(400, 413, 507),
    openapi_extra=body({"type": "string", "format": "binary", "maxLength": artifacts.MAX_BYTES}, "application/octet-stream"),
)
async def add_artifact(
    request: Request,
    person: Governs,
    service: ServiceDependency,
    name: Annotated[str, Query(pattern="^[A-Za-z0-9._-]{1,200}$")],
    reason: Annotated[str, Query(max_length=1000, pattern=r"^[^\x00]*$", description="why, for the record of changes")] = "",
) -> Artifact:
    """Stores a file for gateways; the answer names it by its SHA-256. The same file again changes nothing."""
    content, most = await read_body(request, artifacts.MAX_BYTES), service.configuration.artifacts_bytes
    act = service.act(person, reason)
    return await service.write(lambda connection: artifacts.add(connection, act, name, content, most))
