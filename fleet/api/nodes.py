"""Nodes: registering them, where they are, their settings."""

from enum import Enum
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from fleet.api.dependencies import Admin, NodeId, ServiceDependency
from fleet.api.fields import Id, Reason, Request
from fleet.configuration import node_settings
from fleet.configuration.node_settings import NodeSettings
from fleet.devices import registration
from fleet.devices.registration import NewNode, Registered
from fleet.http.openapi import problems
from fleet.record import node_list
from fleet.record.node_list import NodeView

router = APIRouter(prefix="/api/v1", responses=problems(401, 422, 429, 503))
_REGISTRY: list[str | Enum] = ["registry"]
_READINGS: list[str | Enum] = ["readings"]


class NodeRequest(Request):
    """key: as provisioned on the node, 32 bytes as hex; made here when absent. replaces: the node whose place at this site it takes; its
    series go on with the slots of the new one, the old one leaves the gateway's list, and rules that name it name the new one. Refused
    as long as a calibration or a source names the old one."""

    id: Id
    gateway: Id
    site: Id
    key: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    settings: dict[str, Any] | None = None
    replaces: Id | None = None


class NodeKey(BaseModel):
    """key: shown this once."""

    id: str
    key: str


class SettingsRequest(Request):
    """settings: whole, not a difference; what it does not name has its default."""

    settings: dict[str, Any]
    reason: Annotated[Reason, Field(min_length=1)]


class SettingsVersion(BaseModel):
    version: int


@router.post("/nodes", tags=_REGISTRY, status_code=201, responses=problems(400, 404, 409, 413))
async def add_node(admin: Admin, service: ServiceDependency, wanted: NodeRequest) -> NodeKey:
    new = NewNode(wanted.id, wanted.gateway, wanted.site, wanted.key, wanted.settings, wanted.replaces)
    act = service.act(admin, f"{new.id} replaces {new.replaces}" if new.replaces else "")
    registered: Registered = await service.write(lambda connection: registration.add_node(connection, act, service.consequences, new))
    for gateway, version in registered.documents.items():
        service.watch.notify(gateway, version)
    return NodeKey(id=wanted.id, key=registered.key)


@router.get("/nodes", tags=_READINGS)
def list_nodes(_admin: Admin, service: ServiceDependency) -> list[NodeView]:
    return service.read(node_list.nodes)


@router.get("/nodes/{node}", tags=_READINGS, responses=problems(404))
def read_node(node: NodeId, _admin: Admin, service: ServiceDependency) -> NodeView:
    return service.read(lambda connection: node_list.node(connection, node))


@router.get("/nodes/{node}/settings", tags=_REGISTRY, responses=problems(404))
def read_settings(node: NodeId, _admin: Admin, service: ServiceDependency) -> NodeSettings:
    return service.read(lambda connection: node_settings.read(connection, node))


@router.put("/nodes/{node}/settings", tags=_REGISTRY, responses=problems(400, 404, 413))
async def change_settings(node: NodeId, admin: Admin, service: ServiceDependency, wanted: SettingsRequest) -> SettingsVersion:
    act = service.act(admin, wanted.reason)
    version, gateway, gateway_version = await service.write(
        lambda connection: node_settings.change(connection, act, service.signing_key, node, wanted.settings)
    )
    service.watch.notify(gateway, gateway_version)
    return SettingsVersion(version=version)
