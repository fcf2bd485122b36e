"""The desired document of the gateway that asks, by long poll."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from contract.site import device_api
from contract.site import device_api_keys as keys
from fleet.api.dependencies import Gateway, ServiceDependency, address_of
from fleet.configuration import desired
from fleet.http.openapi import problems
from fleet.people.audit import Act
from fleet.people.open_requests import judge_again

router = APIRouter(prefix=device_api.PREFIX, tags=["device"], responses=problems(401, 422, 429, 503))


class DesiredAnswer(BaseModel):
    """signature: hex Ed25519 of the configuration key over the canonical bytes of the document."""

    document: dict[str, Any]
    key_id: str
    signature: str


@router.get(device_api.DESIRED, response_model=DesiredAnswer, responses={304: {"description": "nothing newer than `have`"}})
async def read_desired(
    request: Request,
    gateway: Gateway,
    service: ServiceDependency,
    have: Annotated[int, Query(ge=0, le=device_api.MAX_VERSION, alias=device_api.HAVE, description="version that the gateway has")] = 0,
    wait: Annotated[int, Query(ge=0, le=device_api.MAX_WAIT_S, alias=device_api.WAIT, description="seconds to wait for a newer one")] = 0,
) -> Response:
    """The desired document of the gateway that asks, signed; waits for a newer one if asked to. None while documents are held back, as they
    are when an older record was put back until an administrator releases them."""
    if service.hold.held and await service.look_up(service.hold.look):
        # No version is greater: it waits for the time, or the stop of the service.
        await service.watch.wait(gateway, device_api.MAX_VERSION, min(wait, service.configuration.longest_wait_s))
        return Response(status_code=304)
    signed = await service.look_up(lambda connection: desired.newest(connection, gateway))
    if desired.may_overtake(signed.version, have):
        act = Act(gateway, service.clock.utc_ms(), f"the gateway has {have}", "gateway", address_of(request))
        await service.write(lambda connection: desired.overtake(connection, act, service.signing_key, have))
        signed = await service.look_up(lambda connection: desired.newest(connection, gateway))
    if signed.version <= have and wait:
        await service.watch.wait(gateway, have, min(wait, service.configuration.longest_wait_s))
        judge_again(request)
        signed = await service.look_up(lambda connection: desired.newest(connection, gateway))
    if signed.version <= have:
        return Response(status_code=304)
    answer = {keys.DOCUMENT: msgspec.Raw(signed.document), keys.KEY_ID: signed.key_id, keys.SIGNATURE: signed.signature}
    return Response(msgspec.json.encode(answer), media_type=device_api.ANSWER_TYPE)
