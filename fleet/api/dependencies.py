"""What routes are given: the service, and who is asking."""

from typing import Annotated

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from fleet.api.admin_route import AdminRoute
from fleet.people.access import Access
from fleet.people.open_requests import note
from fleet.service import Service

_gateway_token = HTTPBearer(scheme_name="gateway token", description="given at enrolment", auto_error=False)
_admin_token = HTTPBearer(scheme_name="admin token", description="from airgrid-fleet token create", auto_error=False)


async def service_of(request: Request) -> Service:
    # Asynchronous although nothing is awaited: else it would wait for one of the threads of people.
    service: Service = request.app.state.service
    return service


ServiceDependency = Annotated[Service, Depends(service_of)]
_GatewayCredentials = Annotated[HTTPAuthorizationCredentials | None, Security(_gateway_token)]
_AdminCredentials = Annotated[HTTPAuthorizationCredentials | None, Security(_admin_token)]


def address_of(request: Request) -> str:
    """What its failures, and what it has made, are counted by. Behind a proxy on this machine: the address that the proxy names."""
    service: Service = request.app.state.service
    return service.addresses.counted(request.client.host) if request.client else "unknown"


async def _gateway_access(request: Request, service: ServiceDependency, credentials: _GatewayCredentials) -> Access:
    access = await service.authenticator.gateway(credentials.credentials if credentials else None, address_of(request))
    note(request, access)
    return access


# By which token a gateway is asking.
GatewayAccess = Annotated[Access, Depends(_gateway_access)]


async def _gateway(access: GatewayAccess) -> str:
    return access.name


async def _admin(request: Request, service: ServiceDependency, credentials: _AdminCredentials) -> str:
    access = await service.authenticator.admin(credentials.credentials if credentials else None, address_of(request))
    note(request, access)
    route = request.scope["route"]
    assert isinstance(route, AdminRoute)
    if route.needs_thread:
        service.people.admit()
    return access.name


# The gateway, or the name of the admin token, that is asking.
Gateway = Annotated[str, Depends(_gateway)]
Admin = Annotated[str, Depends(_admin)]

ID_PATTERN = "^[a-z0-9-]{1,32}$"
NodeId = Annotated[str, Path(pattern=ID_PATTERN)]
AreaId = Annotated[str, Path(pattern=ID_PATTERN)]
SiteId = Annotated[str, Path(pattern=ID_PATTERN)]
SensorId = Annotated[str, Path(pattern=ID_PATTERN)]
GatewayId = Annotated[str, Path(pattern=ID_PATTERN)]
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
