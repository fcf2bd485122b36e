"""Gateways: registering, enrolling, moving and retiring them, ending their access."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Connection

from contract.site.device_api import MAX_TEXT_CHARACTERS
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Configures, GatewayId, Installs, Reads, ServiceDependency, require_right
from fleet.api.fields import Explained, Id, Limit, NameCursor, Reasoned, ReasonQuery, Retirement, Text, example
from fleet.devices import gateway_list, gateway_tokens, moves, registration, retirement
from fleet.devices.gateway_list import GatewaySummary, GatewayView
from fleet.http.openapi import problems
from fleet.record import refusals
from fleet.service import Service
from fleet.store.storable import storable

router = admin_router("registry")


class GatewayRequest(Explained):
    model_config = example(id="gw-east", site="east-gate")

    id: Id
    site: Id


class GatewayChange(Reasoned):
    """What is not named, or null, stays as it is. To another site a gateway goes with what it measures itself; its nodes stay where they
    are until each is moved."""

    model_config = example(site="west-gate", reason="the roof of east-gate is rebuilt")

    site: Id | None = None
    notes: Text | None = None


class GatewayPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[GatewaySummary]
    next: str | None


class GatewayAnswer(BaseModel):
    """warnings: what is allowed and may still be a mistake, as nodes that stand at another site than their gateway."""

    gateway: GatewayView
    warnings: list[str]


class RetiredGateway(BaseModel):
    """nodes_left: its nodes, which nobody listens to until each is moved to another gateway or retired."""

    gateway: GatewayView
    nodes_left: list[str]


class NewCode(Explained):
    """reason: why another code is needed, for the record of changes."""

    model_config = example(reason="new SD card after a lightning stroke")


class EnrolmentCode(BaseModel):
    """enrolment_code: shown this once."""

    id: str
    enrolment_code: str
    expires_ms: int


@router.post("/gateways", status_code=201, responses=problems(400, 404, 409, 413))
async def add_gateway(person: Installs, service: ServiceDependency, wanted: GatewayRequest) -> EnrolmentCode:
    """Registers a gateway at a site. The answer has the one-time code by which it enrols."""
    await require_right(service, person, "site", wanted.site)
    act, expires_ms = service.act(person, wanted.reason), code_expires_ms(service)
    code = await service.write(
        lambda connection: registration.add_gateway(connection, act, service.consequences, wanted.id, wanted.site, expires_ms)
    )
    return EnrolmentCode(id=wanted.id, enrolment_code=code, expires_ms=expires_ms)


@router.get("/gateways")
def list_gateways(
    person: Reads,
    service: ServiceDependency,
    retired: Annotated[bool, Query(description="those that are retired too")] = False,
    limit: Limit = 100,
    cursor: NameCursor = None,
) -> GatewayPage:
    """By name, a line each; counters and faults are in gateways/{gateway}."""

    def read(connection: Connection) -> list[GatewaySummary]:
        refused = refusals.by_gateway(connection)
        return gateway_list.summaries(connection, refused, retired, limit + 1, cursor, person.scope)

    found = service.read(read)
    return GatewayPage(items=found[:limit], next=found[limit - 1].id if len(found) > limit else None)


@router.get("/gateways/{gateway}", responses=problems(404))
def read_gateway(gateway: GatewayId, person: Reads, service: ServiceDependency) -> GatewayView:
    """One gateway with its counters, the faults that it reports and what of it was refused."""
    return service.read(lambda connection: _view(connection, gateway))


@router.patch("/gateways/{gateway}", responses=problems(400, 404, 409, 413))
async def change_gateway(gateway: GatewayId, person: Installs, service: ServiceDependency, wanted: GatewayChange) -> GatewayAnswer:
    """Corrects the notes of a gateway, or moves it to another site."""
    if wanted.site is not None:
        await require_right(service, person, "site", wanted.site)
    act, notes = service.act(person, wanted.reason), None if wanted.notes is None else storable(wanted.notes, MAX_TEXT_CHARACTERS)

    def work(connection: Connection) -> GatewayAnswer:
        moves.change_gateway(connection, act, service.consequences, gateway, wanted.site, notes)
        return GatewayAnswer(gateway=_view(connection, gateway), warnings=moves.site_warnings(connection, gateway))

    return await service.write(work)


@router.post("/gateways/{gateway}/retirement", responses=problems(400, 404, 409, 413))
async def retire_gateway(gateway: GatewayId, person: Configures, service: ServiceDependency, wanted: Retirement) -> RetiredGateway:
    """Ends its access at once: what it has not delivered yet is lost, unless it is read from its disk. It cannot be undone."""
    act = service.act(person, wanted.reason)

    def work(connection: Connection) -> RetiredGateway:
        left = retirement.retire_gateway(connection, act, service.consequences, gateway)
        return RetiredGateway(gateway=_view(connection, gateway), nodes_left=left)

    retired = await service.write(work)
    service.access_ended()
    return retired


@router.post("/gateways/{gateway}/enrolment", status_code=201, responses=problems(400, 404, 409, 413))
async def renew_enrolment(gateway: GatewayId, person: Installs, service: ServiceDependency, wanted: NewCode | None = None) -> EnrolmentCode:
    """A new code for the same gateway, as after a new SD card. The token in use ends when the code is used; what was delivered before is
    in the record once, whatever is delivered again."""
    act, expires_ms = service.act(person, wanted.reason if wanted else ""), code_expires_ms(service)
    code = await service.write(lambda connection: registration.renew_enrolment(connection, act, gateway, expires_ms))
    return EnrolmentCode(id=gateway, enrolment_code=code, expires_ms=expires_ms)


@router.delete("/gateways/{gateway}/token", status_code=204, responses=problems(404))
async def revoke_token(gateway: GatewayId, person: Configures, service: ServiceDependency, reason: ReasonQuery) -> None:
    """Ends the gateway's access at once; a new code enrols it again."""
    act = service.act(person, reason)
    await service.write(lambda connection: gateway_tokens.revoke_gateway_token(connection, act, gateway))
    service.access_ended()


def code_expires_ms(service: Service) -> int:
    return service.clock.utc_ms() + service.configuration.enrolment_valid_s * 1000


def _view(connection: Connection, gateway: str) -> GatewayView:
    return gateway_list.gateway(connection, refusals.by_gateway(connection), gateway)
