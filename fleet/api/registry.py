"""The admin API, first part: sites, gateways, nodes, their settings, artifacts, log lines."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from fleet.api import models
from fleet.api.dependencies import ID_PATTERN, Admin, GatewayId, NodeId, ServiceDependency
from fleet.configuration import node_settings
from fleet.configuration.node_settings import NodeSettings
from fleet.devices import gateway_reports, registration
from fleet.devices.gateway_reports import GatewayView, LogLine
from fleet.devices.registration import NewNode, Registered, Site
from fleet.http.openapi import body, problems
from fleet.http.request_body import read_body
from fleet.people import tokens
from fleet.releases import artifacts
from fleet.releases.artifacts import Artifact
from fleet.service import Service

router = APIRouter(prefix="/api/v1", tags=["registry"], responses=problems(401, 422, 429, 503))

_WRITES = problems(400, 413)


@router.post("/sites", status_code=201, responses=_WRITES | problems(409))
async def add_site(admin: Admin, service: ServiceDependency, wanted: models.SiteRequest) -> Site:
    site = Site(wanted.id, wanted.name, wanted.latitude, wanted.longitude)
    await service.write(lambda connection: registration.add_site(connection, service.act(admin), site))
    return site


@router.get("/sites")
def list_sites(_admin: Admin, service: ServiceDependency) -> list[Site]:
    return service.read(registration.sites)


@router.post("/gateways", status_code=201, responses=_WRITES | problems(404, 409))
async def add_gateway(admin: Admin, service: ServiceDependency, wanted: models.GatewayRequest) -> models.EnrolmentCode:
    act, expires_ms = service.act(admin), _code_expires_ms(service)
    code = await service.write(
        lambda connection: registration.add_gateway(connection, act, service.signing_key, wanted.id, wanted.site, expires_ms)
    )
    return models.EnrolmentCode(id=wanted.id, enrolment_code=code, expires_ms=expires_ms)


@router.get("/gateways")
def list_gateways(_admin: Admin, service: ServiceDependency) -> list[GatewayView]:
    return service.read(gateway_reports.gateways)


@router.post("/gateways/{gateway}/enrolment", status_code=201, responses=problems(404))
async def renew_enrolment(gateway: GatewayId, admin: Admin, service: ServiceDependency) -> models.EnrolmentCode:
    act, expires_ms = service.act(admin), _code_expires_ms(service)
    code = await service.write(lambda connection: registration.renew_enrolment(connection, act, gateway, expires_ms))
    return models.EnrolmentCode(id=gateway, enrolment_code=code, expires_ms=expires_ms)


@router.delete("/gateways/{gateway}/token", status_code=204, responses=problems(404))
async def revoke_token(gateway: GatewayId, admin: Admin, service: ServiceDependency) -> None:
    """Ends the gateway's access at once; a new code enrols it again."""
    act = service.act(admin)
    await service.write(lambda connection: tokens.revoke_gateway_token(connection, act, gateway))


@router.post("/nodes", status_code=201, responses=_WRITES | problems(404, 409))
async def add_node(admin: Admin, service: ServiceDependency, wanted: models.NodeRequest) -> models.NodeKey:
    new, act = NewNode(wanted.id, wanted.gateway, wanted.site, wanted.key, wanted.settings), service.act(admin)
    registered: Registered = await service.write(lambda connection: registration.add_node(connection, act, service.signing_key, new))
    service.watch.notify(wanted.gateway, registered.gateway_version)
    return models.NodeKey(id=wanted.id, key=registered.key)


@router.get("/nodes/{node}/settings", responses=problems(404))
def read_settings(node: NodeId, _admin: Admin, service: ServiceDependency) -> NodeSettings:
    return service.read(lambda connection: node_settings.read(connection, node))


@router.put("/nodes/{node}/settings", responses=_WRITES | problems(404))
async def change_settings(node: NodeId, admin: Admin, service: ServiceDependency, wanted: models.SettingsRequest) -> models.SettingsVersion:
    act = service.act(admin, wanted.reason)
    version, gateway, gateway_version = await service.write(
        lambda connection: node_settings.change(connection, act, service.signing_key, node, wanted.settings)
    )
    service.watch.notify(gateway, gateway_version)
    return models.SettingsVersion(version=version)


@router.post(
    "/artifacts",
    status_code=201,
    responses=_WRITES | problems(507),
    openapi_extra=body({"type": "string", "format": "binary", "maxLength": artifacts.MAX_BYTES}, "application/octet-stream"),
)
async def add_artifact(
    request: Request, admin: Admin, service: ServiceDependency, name: Annotated[str, Query(pattern="^[A-Za-z0-9._-]{1,200}$")]
) -> Artifact:
    content, most = await read_body(request, artifacts.MAX_BYTES), service.configuration.artifacts_bytes
    return await service.write(lambda connection: artifacts.add(connection, service.act(admin), name, content, most))


@router.get("/logs")
def list_logs(
    _admin: Admin,
    service: ServiceDependency,
    gateway: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[LogLine]:
    return service.read(lambda connection: gateway_reports.log_lines(connection, gateway, limit))


def _code_expires_ms(service: Service) -> int:
    return service.clock.utc_ms() + service.configuration.enrolment_valid_s * 1000
