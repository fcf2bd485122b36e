"""The admin API, for gateways: what is wanted of one beside its nodes, and what it says of it."""

from fastapi import APIRouter
from sqlalchemy import Connection

from fleet.api import models
from fleet.api.dependencies import Admin, GatewayId, ServiceDependency
from fleet.configuration import desired, gateway_configuration
from fleet.devices import gateway_reports
from fleet.http.openapi import problems

router = APIRouter(prefix="/api/v1", tags=["gateways"], responses=problems(401, 404, 422, 429, 503))


@router.get("/gateways/{gateway}/configuration")
def read_configuration(gateway: GatewayId, _admin: Admin, service: ServiceDependency) -> models.ConfigurationAnswer:
    def read(connection: Connection) -> models.ConfigurationAnswer:
        parts = gateway_configuration.read(connection, gateway)
        version = desired.versions(connection, {gateway})[gateway]
        return models.ConfigurationAnswer(version=version, reported=gateway_reports.report_of(connection, gateway), **parts)

    return service.read(read)


@router.put("/gateways/{gateway}/configuration", responses=problems(400, 413))
async def change_configuration(
    gateway: GatewayId, admin: Admin, service: ServiceDependency, wanted: models.ConfigurationRequest
) -> models.DocumentVersion:
    """Told to the gateway, which keeps it only when it has proved itself there, and else returns to what it had."""
    act = service.act(admin, wanted.reason)
    version = await service.write(
        lambda connection: gateway_configuration.change(connection, act, service.signing_key, gateway, wanted.parts())
    )
    service.watch.notify(gateway, version)
    return models.DocumentVersion(version=version)
