"""API tokens: making, listing and ending them, and what the asking one may do."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import Administers, Reads, ServiceDependency
from fleet.api.fields import Explained, Id, Limit, Line, ReasonQuery, example
from fleet.errors import ForbiddenError, InvalidError, NotFoundError
from fleet.http.openapi import problems
from fleet.people import admin_tokens
from fleet.people.admin_tokens import AdminToken
from fleet.people.person import Kind, Person
from fleet.people.rights import Grant, Role, may_give
from fleet.places.scopes import areas_in, no_such_area, path_of_area

router = admin_router("people")

DAY_MS = 86_400_000
TokenName = Annotated[str, Path(min_length=1, max_length=admin_tokens.MAX_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")]
_After = Annotated[
    str | None, Query(max_length=admin_tokens.MAX_NAME, pattern=r"^[^\x00-\x1f\x7f]*$", description="`next` of the page before")
]


class TokenRequest(Explained):
    """name: whom or what it is for; recorded with everything that is done by it, and never given twice. area: where the role holds, with
    all below it; the whole district when absent. valid_days: without it the token is valid until it is revoked."""

    model_config = example(name="dashboard", role="viewer", valid_days=365)

    name: Line
    role: Role
    area: Id | None = None
    valid_days: Annotated[int | None, Field(ge=1, le=3650)] = None


class NewToken(BaseModel):
    """token: shown this once."""

    name: str
    token: str
    expires_ms: int | None


class TokenPage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[AdminToken]
    next: str | None


class GrantView(BaseModel):
    """area: with all below it; null for the whole district."""

    role: Role
    area: str | None


class Asking(BaseModel):
    """kind: of whom the name is."""

    who: str
    kind: Kind
    grants: list[GrantView]


@router.get("/me")
def read_me(person: Reads) -> Asking:
    """Who is asking, and with which rights."""
    return Asking(who=person.who, kind=person.kind, grants=[GrantView(role=one.role, area=one.area or None) for one in person.grants])


@router.post("/tokens", status_code=201, responses=problems(400, 409, 413))
async def add_token(person: Administers, service: ServiceDependency, wanted: TokenRequest) -> NewToken:
    """Makes a token for a program. The answer has it, this once; what it may do is a role in an area of one's own."""
    act, grant = service.act(person, wanted.reason), Grant(wanted.role, wanted.area or "")
    expires_ms = None if wanted.valid_days is None else act.now_ms + wanted.valid_days * DAY_MS

    def work(connection: Connection) -> str:
        _require_own(connection, person, grant)
        return admin_tokens.create_admin_token(connection, act, wanted.name, expires_ms, grant)

    return NewToken(name=wanted.name, token=await service.write(work), expires_ms=expires_ms)


@router.get("/tokens")
def list_tokens(
    person: Administers,
    service: ServiceDependency,
    ended: Annotated[bool, Query(description="those that are revoked or expired too")] = False,
    limit: Limit = 100,
    cursor: _After = None,
) -> TokenPage:
    """Whose tokens there are, what each may do, until when, and when it was used last (to the hour); by name."""
    within = None if person.scope.areas is None else areas_in(person.scope)
    now_ms = None if ended else service.clock.utc_ms()
    found = service.read(lambda connection: admin_tokens.page_of_tokens(connection, limit + 1, cursor, within, now_ms))
    return TokenPage(items=found[:limit], next=found[limit - 1].name if len(found) > limit else None)


@router.delete("/tokens/{token}", status_code=204, responses=problems(404))
async def revoke_token(token: TokenName, person: Administers, service: ServiceDependency, reason: ReasonQuery) -> None:
    """Ends a token within a second, whatever is open by it, also the one that asks. Its name is not given again."""
    act = service.act(person, reason)

    def work(connection: Connection) -> None:
        grant = admin_tokens.grant_of(connection, token)
        if grant is None or not may_give(person.grants, _path(connection, grant)):
            raise NotFoundError("valid token", token)
        admin_tokens.revoke_admin_token(connection, act, token)

    await service.write(work)
    service.access_ended()


def _path(connection: Connection, grant: Grant) -> tuple[str, ...]:
    return (path_of_area(connection, grant.area) or ()) if grant.area else ()


def _require_own(connection: Connection, person: Person, grant: Grant) -> None:
    """Nobody gives more than they have."""
    if not grant.area and person.scope.areas is not None:
        raise ForbiddenError("a right in the whole district is given by its administrators only; name an area")
    if grant.area and (path_of_area(connection, grant.area) is None or not may_give(person.grants, _path(connection, grant))):
        raise InvalidError(no_such_area(grant.area))
