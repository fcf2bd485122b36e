"""Sites of the district: adding, correcting, retiring them."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Configures, Installs, Reads, ServiceDependency, SiteId, require_right
from fleet.api.fields import Explained, Id, Latitude, Limit, Line, Longitude, NameCursor, Reasoned, Retirement, example
from fleet.api.placed import require_outcome
from fleet.devices import retirement
from fleet.errors import InvalidError, UnseenError
from fleet.http.openapi import problems
from fleet.people.person import Person
from fleet.places import sites
from fleet.places.scopes import no_such_area
from fleet.places.sites import Kind, Site
from fleet.service import Service

router = admin_router("registry")


InletHeight = Annotated[float, Field(ge=0, le=sites.MOST_INLET_HEIGHT_M)]
Surroundings = Annotated[str, Field(max_length=sites.SURROUNDINGS_CHARACTERS, pattern=r"^[^\x00]*$")]


class SiteRequest(Explained):
    model_config = example(id="east-gate", name="East Gate", latitude=30.66, longitude=104.08)

    id: Id
    name: Line
    latitude: Latitude
    longitude: Longitude
    area: Id | None = None
    kind: Kind = "fixed"
    inlet_height_m: InletHeight | None = None
    surroundings: Surroundings = ""


class SiteCorrection(Reasoned):
    """What is not named, or null, stays as it is."""

    model_config = example(latitude=30.6612, longitude=104.0817, reason="the surveyor's coordinates")

    name: Line | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    area: Id | None = None
    kind: Kind | None = None
    inlet_height_m: InletHeight | None = None
    surroundings: Surroundings | None = None


class SitePage(BaseModel):
    """next: the cursor of the next page; null on the last one."""

    items: list[Site]
    next: str | None


@router.post("/sites", status_code=201, responses=problems(400, 409, 413))
async def add_site(person: Installs, service: ServiceDependency, wanted: SiteRequest) -> Site:
    """Adds a place at which gateways and nodes stand, in the cell that is named, else in the one whose ground it lies in."""
    site = Site(**wanted.model_dump(exclude={"reason"}))
    await _require_area(service, person, wanted.area)
    act = service.act(person, wanted.reason)

    def work(connection: Connection) -> Site:
        added = sites.add_site(connection, act, site)
        require_outcome(connection, person, "site", site.id)
        return added

    return await service.write(work)


@router.get("/sites", responses=problems(404))
def list_sites(
    person: Reads,
    service: ServiceDependency,
    under: Annotated[str | None, Query(pattern=ID_PATTERN, description="in this area and all below it")] = None,
    retired: Annotated[bool, Query(description="those that are retired too")] = False,
    limit: Limit = 100,
    cursor: NameCursor = None,
) -> SitePage:
    """The places of the district, by name."""
    found = service.read(
        lambda connection: sites.sites(connection, with_retired=retired, limit=limit + 1, after=cursor, under=under, scope=person.scope)
    )
    return SitePage(items=found[:limit], next=found[limit - 1].id if len(found) > limit else None)


@router.get("/sites/{site}", responses=problems(404))
def read_site(site: SiteId, person: Reads, service: ServiceDependency) -> Site:
    """One place, also after it was retired."""
    return service.read(lambda connection: sites.site_of(connection, site))


@router.patch("/sites/{site}", responses=problems(400, 404, 409, 413))
async def correct_site(site: SiteId, person: Installs, service: ServiceDependency, wanted: SiteCorrection) -> Site:
    """Corrects what is said of a site; series and history stay with it."""
    await _require_area(service, person, wanted.area)
    act = service.act(person, wanted.reason)

    def work(connection: Connection) -> Site:
        corrected = sites.correct_site(connection, act, site, wanted.named())
        require_outcome(connection, person, "site", site)
        return corrected

    return await service.write(work)


@router.post("/sites/{site}/retirement", responses=problems(400, 404, 409, 413))
async def retire_site(site: SiteId, person: Configures, service: ServiceDependency, wanted: Retirement) -> Site:
    """Nothing of it changes any more, and its name is not given again; its history stays. Refused as long as a gateway or a node
    stands there; the answer names them. It cannot be undone."""
    act = service.act(person, wanted.reason)
    return await service.write(lambda connection: retirement.retire_site(connection, act, site))


async def _require_area(service: Service, person: Person, area: str | None) -> None:
    try:
        if area is not None:
            await require_right(service, person, "area", area)
    except UnseenError as unseen:
        raise InvalidError(no_such_area(unseen.name)) from None
