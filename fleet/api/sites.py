"""Sites of the district."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from fleet.api.dependencies import Admin, ServiceDependency
from fleet.api.fields import Id, Line, Request
from fleet.http.openapi import problems
from fleet.places import sites
from fleet.places.sites import Site

router = APIRouter(prefix="/api/v1", tags=["registry"], responses=problems(401, 422, 429, 503))


class SiteRequest(Request):
    id: Id
    name: Line
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


@router.post("/sites", status_code=201, responses=problems(400, 409, 413))
async def add_site(admin: Admin, service: ServiceDependency, wanted: SiteRequest) -> Site:
    site = Site(wanted.id, wanted.name, wanted.latitude, wanted.longitude)
    await service.write(lambda connection: sites.add_site(connection, service.act(admin), site))
    return site


@router.get("/sites")
def list_sites(_admin: Admin, service: ServiceDependency) -> list[Site]:
    return service.read(sites.sites)
