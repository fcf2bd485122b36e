"""Gateways: registering, enrolling, ending their access."""

from fastapi import APIRouter
from pydantic import BaseModel

from fleet.api.dependencies import Admin, GatewayId, ServiceDependency
from fleet.api.fields import Id, Request
from fleet.devices import gateway_list, gateway_tokens, registration
from fleet.devices.gateway_list import GatewayView
from fleet.http.openapi import problems
from fleet.record import refusals
from fleet.service import Service

router = APIRouter(prefix="/api/v1", tags=["registry"], responses=problems(401, 422, 429, 503))


class GatewayRequest(Request):
    id: Id
    site: Id


class EnrolmentCode(BaseModel):
    """enrolment_code: shown this once."""

    id: str
    enrolment_code: str
    expires_ms: int


@router.post("/gateways", status_code=201, responses=problems(400, 404, 409, 413))
async def add_gateway(admin: Admin, service: ServiceDependency, wanted: GatewayRequest) -> EnrolmentCode:
    act, expires_ms = service.act(admin), _code_expires_ms(service)
    code = await service.write(
        lambda connection: registration.add_gateway(connection, act, service.consequences, wanted.id, wanted.site, expires_ms)
    )
    return EnrolmentCode(id=wanted.id, enrolment_code=code, expires_ms=expires_ms)


@router.get("/gateways")
def list_gateways(_admin: Admin, service: ServiceDependency) -> list[GatewayView]:
    return service.read(lambda connection: gateway_list.gateways(connection, refusals.by_gateway(connection)))


@router.post("/gateways/{gateway}/enrolment", status_code=201, responses=problems(404))
async def renew_enrolment(gateway: GatewayId, admin: Admin, service: ServiceDependency) -> EnrolmentCode:
    act, expires_ms = service.act(admin), _code_expires_ms(service)
    code = await service.write(lambda connection: registration.renew_enrolment(connection, act, gateway, expires_ms))
    return EnrolmentCode(id=gateway, enrolment_code=code, expires_ms=expires_ms)


@router.delete("/gateways/{gateway}/token", status_code=204, responses=problems(404))
async def revoke_token(gateway: GatewayId, admin: Admin, service: ServiceDependency) -> None:
    """Ends the gateway's access at once; a new code enrols it again."""
    act = service.act(admin)
    await service.write(lambda connection: gateway_tokens.revoke_gateway_token(connection, act, gateway))


def _code_expires_ms(service: Service) -> int:
    return service.clock.utc_ms() + service.configuration.enrolment_valid_s * 1000
