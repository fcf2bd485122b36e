"""What is wanted of a gateway beside its nodes, and what it reports of it."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from fleet.api.dependencies import Admin, GatewayId, ServiceDependency
from fleet.api.fields import Reason, Request
from fleet.configuration import gateway_configuration
from fleet.configuration.gateway_configuration import Revision
from fleet.devices import gateway_reports
from fleet.devices.gateway_reports import GatewayReport
from fleet.devices.gateways import desired_versions
from fleet.http.openapi import problems

router = APIRouter(prefix="/api/v1", tags=["gateways"], responses=problems(401, 404, 422, 429, 503))


class ConfigurationRequest(Request):
    """Each part whole, not a difference; a part that is not named stays as it is."""

    rules: list[Any] | None = None
    calibrations: list[Any] | None = None
    sources: list[Any] | None = None
    settings: dict[str, Any] | None = None
    reason: Annotated[Reason, Field(min_length=1)]

    def parts(self) -> dict[str, Any]:
        named = {"rules": self.rules, "calibrations": self.calibrations, "sources": self.sources, "settings": self.settings}
        return {part: value for part, value in named.items() if value is not None}


class DocumentVersion(BaseModel):
    """version: of the gateway's desired document."""

    version: int


class ConfigurationAnswer(BaseModel):
    """version: of the desired document that carries it; reported: the gateway's answer to the one that it was given last."""

    version: int
    rules: Revision
    calibrations: Revision
    sources: Revision
    settings: Revision
    reported: GatewayReport | None


@router.get("/gateways/{gateway}/configuration")
def read_configuration(gateway: GatewayId, _admin: Admin, service: ServiceDependency) -> ConfigurationAnswer:
    def read(connection: Connection) -> ConfigurationAnswer:
        parts = gateway_configuration.read(connection, gateway)
        version = desired_versions(connection, {gateway})[gateway]
        return ConfigurationAnswer(version=version, reported=gateway_reports.newest_report(connection, gateway), **parts)

    return service.read(read)


@router.put("/gateways/{gateway}/configuration", responses=problems(400, 413))
async def change_configuration(
    gateway: GatewayId, admin: Admin, service: ServiceDependency, wanted: ConfigurationRequest
) -> DocumentVersion:
    """Sent to the gateway, which keeps it only after it has proved itself there, and otherwise returns to the version before."""
    act = service.act(admin, wanted.reason)
    version = await service.write(
        lambda connection: gateway_configuration.change(connection, act, service.signing_key, gateway, wanted.parts())
    )
    service.watch.notify(gateway, version)
    return DocumentVersion(version=version)
