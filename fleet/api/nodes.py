"""Nodes: registering, moving and retiring them, and new hardware for them."""

from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Configures, Installs, NodeId, Reads, ServiceDependency, require_right
from fleet.api.fields import Explained, Id, Limit, NameCursor, NumberCursor, Reasoned, Retirement, example, examples
from fleet.configuration import node_settings
from fleet.devices import hardware, moves, registration, retirement
from fleet.devices.moves import Whereabouts
from fleet.devices.registration import NewNode, Registered
from fleet.http import paging
from fleet.http.openapi import problems
from fleet.places.deployment_rows import history_of
from fleet.places.deployments import Deployment
from fleet.record import node_list
from fleet.record.node_list import NodeView
from fleet.service import Service

router = admin_router(None)
_REGISTRY: list[str | Enum] = ["registry"]
_READINGS: list[str | Enum] = ["readings"]


Key = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class NodeRequest(Explained):
    """key: as provisioned on the node, 32 bytes as hex; made here when absent. replaces: the node whose place at this site it takes; its
    series go on with the slots of the new one, the old one leaves the gateway's list, and rules that name it name the new one. Refused
    as long as a calibration or a source names the old one. (Another board under the same name: see nodes/{node}/hardware.)"""

    model_config = examples(
        {"id": "n-0001", "gateway": "gw-east", "site": "east-gate"},
        {"id": "n-0002", "gateway": "gw-east", "site": "east-gate", "replaces": "n-0001"},
    )

    id: Id
    gateway: Id
    site: Id
    key: Key | None = None
    settings: dict[str, Any] | None = None
    replaces: Id | None = None


class NodeKey(BaseModel):
    """key: shown this once. warnings: what is allowed and may still be a mistake."""

    id: str
    key: str
    warnings: list[str]


class NodeMove(Reasoned):
    """Where the node is from now on; what is not named, or null, stays as it is. To another gateway it goes with its key and its settings;
    refused as long as a rule, a calibration or a source of the gateway that it leaves names it. To another site it goes without its
    series: those stay with the place."""

    model_config = example(gateway="gw-west", reason="gw-east is taken down")

    site: Id | None = None
    gateway: Id | None = None


class NewHardware(Reasoned):
    """key: as provisioned on the new board, 32 bytes as hex; made here when absent. sensors: `kept` when those of the old board are
    connected to the new one; `exchanged` when they are others, and then refused as long as a calibration is of one of the old."""

    model_config = example(sensors="kept", reason="the board died in the storm")

    key: Key | None = None
    sensors: Literal["kept", "exchanged"]


class NodePage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[NodeView]
    next: str | None


class DeploymentPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[Deployment]
    next: str | None


class NodeAnswer(BaseModel):
    """documents: of each gateway that has to know of it, the version of its desired document. warnings: what is allowed and may still be a
    mistake."""

    node: NodeView
    documents: dict[str, int]
    warnings: list[str]


@router.post("/nodes", tags=_REGISTRY, status_code=201, responses=problems(400, 404, 409, 413))
async def add_node(person: Installs, service: ServiceDependency, wanted: NodeRequest) -> NodeKey:
    """Registers a node at a gateway and a site. The answer has its key. The same node again, by the same key, is no fault and changes
    nothing: where it has other settings by now, `warnings` says so."""
    for kind, name in (("gateway", wanted.gateway), ("site", wanted.site)):
        await require_right(service, person, kind, name)
    new = NewNode(wanted.id, wanted.gateway, wanted.site, wanted.key, wanted.settings, wanted.replaces)
    act = service.act(person, wanted.reason or (f"{new.id} replaces {new.replaces}" if new.replaces else ""))

    def work(connection: Connection) -> tuple[Registered, list[str]]:
        registered = registration.add_node(connection, act, service.consequences, new)
        kept = node_settings.kept(connection, new.id, new.settings) if registered.again and new.settings is not None else []
        return registered, kept + moves.site_warnings(connection, new.gateway, new.id)

    registered, warnings = await service.write(work)
    service.notify(registered.documents)
    return NodeKey(id=wanted.id, key=registered.key, warnings=warnings)


@router.get("/nodes", tags=_READINGS)
def list_nodes(
    person: Reads,
    service: ServiceDependency,
    retired: Annotated[bool, Query(description="those that are not deployed any more too, where each was last")] = False,
    limit: Limit = 100,
    cursor: NameCursor = None,
) -> NodePage:
    """The nodes of the district, by name: where each is, when it was last heard, how far its settings are."""
    found = service.read(
        lambda connection: node_list.nodes(connection, with_retired=retired, limit=limit + 1, after=cursor, scope=person.scope)
    )
    return NodePage(items=found[:limit], next=found[limit - 1].id if len(found) > limit else None)


@router.get("/nodes/{node}", tags=_READINGS, responses=problems(404))
def read_node(node: NodeId, person: Reads, service: ServiceDependency) -> NodeView:
    """One node: where it is, when it was last heard, how far its settings are."""
    return service.read(lambda connection: node_list.node(connection, node))


@router.get("/nodes/{node}/deployments", tags=_REGISTRY, responses=problems(404))
def list_deployments(
    node: NodeId, person: Reads, service: ServiceDependency, limit: Limit = 100, cursor: NumberCursor = None
) -> DeploymentPage:
    """Where the node was, from when to when, the earliest first. replaces: the deployment, of this or another node, whose series go on."""
    service.read(lambda connection: node_list.node(connection, node))
    after = 0 if cursor is None else paging.numbers_of(cursor, 1)[0]
    found = service.read(lambda connection: history_of(connection, node, limit + 1, after, person.scope))
    return DeploymentPage(items=found[:limit], next=paging.cursor(found[limit - 1].id) if len(found) > limit else None)


@router.patch("/nodes/{node}", tags=_REGISTRY, responses=problems(400, 404, 409, 413))
async def move_node(node: NodeId, person: Installs, service: ServiceDependency, wanted: NodeMove) -> NodeAnswer:
    """Moves a node to another site or gateway."""
    for kind, name in (("gateway", wanted.gateway), ("site", wanted.site)):
        if name is not None:
            await require_right(service, person, kind, name)
    act, place = service.act(person, wanted.reason), Whereabouts(wanted.site, wanted.gateway)
    return await _change(service, node, lambda connection: moves.move_node(connection, act, service.consequences, node, place))


@router.post("/nodes/{node}/retirement", tags=_REGISTRY, responses=problems(400, 404, 409, 413))
async def retire_node(node: NodeId, person: Configures, service: ServiceDependency, wanted: Retirement) -> NodeAnswer:
    """Its key ends and its gateway listens to it no more. Its history stays; what its gateway still holds of it is taken. Refused as long
    as a rule, a calibration or a source of its gateway names it. It cannot be undone."""
    act = service.act(person, wanted.reason)
    return await _change(service, node, lambda connection: retirement.retire_node(connection, act, service.consequences, node))


@router.post("/nodes/{node}/hardware", tags=_REGISTRY, status_code=201, responses=problems(400, 404, 409, 413))
async def replace_hardware(node: NodeId, person: Installs, service: ServiceDependency, wanted: NewHardware) -> NodeKey:
    """Another board under the same name: it has a new key, and the old one ends. Name, settings, rules and series go on; the ledger shows
    from when to when which board had the name."""
    act, exchanged = service.act(person, wanted.reason), wanted.sensors == "exchanged"
    registered = await service.write(
        lambda connection: hardware.replace_hardware(connection, act, service.consequences, node, wanted.key, exchanged)
    )
    service.notify(registered.documents)
    return NodeKey(id=node, key=registered.key, warnings=[])


async def _change(service: Service, node: str, change: Callable[[Connection], dict[str, int]]) -> NodeAnswer:
    def work(connection: Connection) -> NodeAnswer:
        documents = change(connection)
        view = node_list.node(connection, node)
        warnings = [] if view.left_ms is not None else moves.site_warnings(connection, view.gateway, node)
        return NodeAnswer(node=view, documents=documents, warnings=warnings)

    answer = await service.write(work)
    service.notify(answer.documents)
    return answer
