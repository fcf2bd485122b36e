"""What routes are given: the service, and who is asking, with the right to what the route does."""

from typing import Annotated

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from contract.topics import is_node_id
from fleet.api.admin_route import AdminRoute
from fleet.api.placed import PATHS, refusal_on
from fleet.errors import ForbiddenError, UnseenError
from fleet.people.access import Access
from fleet.people.audit import ADDRESS_CHARACTERS
from fleet.people.open_requests import note
from fleet.people.person import Person
from fleet.people.rights import Action, refusal_anywhere
from fleet.service import Service
from fleet.store.storable import storable

_gateway_token = HTTPBearer(scheme_name="gateway token", description="given at enrolment", auto_error=False)
_admin_token = HTTPBearer(scheme_name="API token", description="from airgrid-fleet token create", auto_error=False)

_UNSEEN = "airgrid.unseen"


async def service_of(request: Request) -> Service:
    # Asynchronous although nothing is awaited: else it would wait for one of the threads of people.
    service: Service = request.app.state.service
    return service


ServiceDependency = Annotated[Service, Depends(service_of)]
_GatewayCredentials = Annotated[HTTPAuthorizationCredentials | None, Security(_gateway_token)]
_AdminCredentials = Annotated[HTTPAuthorizationCredentials | None, Security(_admin_token)]


def address_of(request: Request) -> str:
    """What its failures, and what it has made, are counted by. Behind a proxy on this machine: the address that the proxy names, whatever
    that is."""
    service: Service = request.app.state.service
    return storable(service.addresses.counted(request.client.host), ADDRESS_CHARACTERS) if request.client else "unknown"


async def _gateway_access(request: Request, service: ServiceDependency, credentials: _GatewayCredentials) -> Access:
    access = await service.authenticator.gateway(credentials.credentials if credentials else None, address_of(request))
    note(request, access)
    return access


# By which token a gateway is asking.
GatewayAccess = Annotated[Access, Depends(_gateway_access)]


async def _gateway(access: GatewayAccess) -> str:
    return access.name


# The gateway that is asking.
Gateway = Annotated[str, Depends(_gateway)]


class May:
    """Who is asking, where they may do this at all, and on the things that the path of the request names. A thing that they may not even
    see is answered as one that there is not."""

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, request: Request, service: ServiceDependency, credentials: _AdminCredentials) -> Person:
        access = await service.authenticator.admin(credentials.credentials if credentials else None, address_of(request))
        note(request, access)
        route = request.scope["route"]
        assert isinstance(route, AdminRoute)
        if route.needs_thread:
            service.people.admit()
        person = Person(access.name, "token", address_of(request), access.grants, self.action)
        request.state.sees = person.sees
        refused = refusal_anywhere(person.grants, self.action)
        if refused:
            raise ForbiddenError(refused.why)
        if not request.scope.get(_UNSEEN):
            await self._judge_path(request, service, person)
        return person

    async def _judge_path(self, request: Request, service: Service, person: Person) -> None:
        for kind, name in request.path_params.items():
            if kind in PATHS and person.scope.areas is not None and is_node_id(str(name)):
                try:
                    await require_right(service, person, kind, str(name))
                except UnseenError:
                    # The route is asked once more, for what else is wrong: that has to be the same as of a thing that there is not.
                    request.scope[_UNSEEN] = True
                    raise


async def require_right(service: Service, person: Person, kind: str, name: str) -> None:
    """To do what the person is about to do on the thing of that name; of what there is not nothing is said here. Raises UnseenError,
    ForbiddenError."""
    if person.scope.areas is None:
        return
    refused = await service.consult(lambda connection: refusal_on(connection, person, kind, name))
    if refused is None:
        return
    if not refused.seen:
        raise UnseenError(kind, name)
    raise ForbiddenError(refused.why)


# By what the route does (fleet/people/rights.py).
Reads = Annotated[Person, Depends(May("read"))]
Installs = Annotated[Person, Depends(May("install"))]
Answers = Annotated[Person, Depends(May("answer"))]
Configures = Annotated[Person, Depends(May("configure"))]
Administers = Annotated[Person, Depends(May("administer"))]
Governs = Annotated[Person, Depends(May("govern"))]
Observes = Annotated[Person, Depends(May("observe"))]

ID_PATTERN = "^[a-z0-9-]{1,32}$"
NodeId = Annotated[str, Path(pattern=ID_PATTERN)]
AreaId = Annotated[str, Path(pattern=ID_PATTERN)]
SiteId = Annotated[str, Path(pattern=ID_PATTERN)]
SensorId = Annotated[str, Path(pattern=ID_PATTERN)]
GatewayId = Annotated[str, Path(pattern=ID_PATTERN)]
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
