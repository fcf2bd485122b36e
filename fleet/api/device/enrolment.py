"""Enrolment of a gateway by its one-time code, and the change of its token."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from contract.site import device_api
from fleet.api import fields
from fleet.api.dependencies import GatewayAccess, ServiceDependency, address_of
from fleet.devices import enrolment, gateway_tokens
from fleet.errors import EnrolmentError
from fleet.http.openapi import problems
from fleet.version_trial import refuse_on_trial

router = APIRouter(prefix=device_api.PREFIX, tags=["device"], responses=problems(401, 422, 429, 503))


class EnrolRequest(fields.Request):
    code: Annotated[str, Field(min_length=1, max_length=64)]


class ConfigurationKey(BaseModel):
    """ed25519: the public key, 32 bytes as hex."""

    id: str
    ed25519: str


class Enrolment(BaseModel):
    gateway: str
    token: str
    config_keys: list[ConfigurationKey]
    utc_ms: int


class NewToken(BaseModel):
    token: str
    utc_ms: int


@router.post(device_api.ENROL, responses=problems(400, 403, 413))
async def enrol(request: Request, service: ServiceDependency, wanted: EnrolRequest) -> Enrolment:
    """A one-time code for a token and the keys of the service."""
    now_ms = service.clock.utc_ms()
    try:
        # Anybody may ask this: only a good code gets as far as the writer, on which all deliveries wait.
        await service.look_up(lambda connection: enrolment.check_code(connection, now_ms, wanted.code))
        refuse_on_trial(service.configuration)
        enrolled = await service.write(lambda connection: enrolment.enrol(connection, now_ms, wanted.code, address_of(request)))
    except EnrolmentError:
        service.authenticator.record_failure(address_of(request))
        raise
    key = ConfigurationKey(id=service.signing_key.id, ed25519=service.signing_key.public_bytes.hex())
    return Enrolment(gateway=enrolled.gateway, token=enrolled.token, config_keys=[key], utc_ms=now_ms)


@router.post(device_api.TOKEN)
async def renew_token(access: GatewayAccess, service: ServiceDependency) -> NewToken:
    """A new token for the gateway that asks; the one in use holds until the new one has been used once."""
    refuse_on_trial(service.configuration)
    token = await service.write(lambda connection: gateway_tokens.renew_gateway_token(connection, access.name, access.digest))
    return NewToken(token=token, utc_ms=service.clock.utc_ms())
