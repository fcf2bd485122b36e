"""Photos of sites: adding, showing, deleting them."""

from functools import cache
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import Path, Query, Request, Response
from pydantic import BaseModel

from contract.values import MAX_INT
from fleet.api.admin_route import admin_router
from fleet.api.dependencies import ID_PATTERN, Installs, Reads, ServiceDependency, SiteId, require_right
from fleet.api.fields import ReasonQuery
from fleet.errors import OverloadedError
from fleet.http.openapi import Responses, body, problems
from fleet.http.request_body import read_body
from fleet.places import photo_encoding, photos
from fleet.places.photos import Photo
from fleet.places.sites import require_site

router = admin_router("registry")

_JPEG: Responses = {200: {"description": "a JPEG", "content": {"image/jpeg": {}}}}
_FILE = {"type": "string", "format": "binary", "maxLength": photo_encoding.MOST_BYTES}
_PhotoId = Annotated[int, Path(ge=1, le=MAX_INT)]
# Decoded at once: each may take 160 MB for half a second. Waiting for it: each with what was sent; beyond, 503.
_AT_ONCE = 1
_MOST_WAITING = 8
_RETRY_AFTER_S = 5


class PhotoPage(BaseModel):
    """next: null; a site has no more than fit into one answer."""

    items: list[Photo]
    next: str | None


@router.post("/photos", status_code=201, responses=problems(400, 404, 409, 413), openapi_extra=body(_FILE, "image/png"))
async def add_photo(
    request: Request,
    person: Installs,
    service: ServiceDependency,
    site: Annotated[str, Query(pattern=ID_PATTERN)],
    reason: ReasonQuery,
    note: Annotated[str, Query(max_length=photos.NOTE_CHARACTERS, pattern=r"^[^\x00-\x1f\x7f]*$", description="what it shows")] = "",
) -> Photo:
    """A photo of a site, as JPEG, PNG or WebP. It is kept upright, with at most 1600 pixels a side, and without what the camera wrote of
    place, time and device. The same photo of the same site again changes nothing."""
    await service.consult(lambda connection: require_site(connection, site))
    await require_right(service, person, "site", site)
    content = await read_body(request, photo_encoding.MOST_BYTES)
    if _limiter().statistics().tasks_waiting >= _MOST_WAITING:
        raise OverloadedError(_RETRY_AFTER_S)
    encoded = await to_thread.run_sync(photo_encoding.encoded, content, limiter=_limiter())
    act = service.act(person, reason)
    return await service.write(lambda connection: photos.add_photo(connection, act, site, encoded, note))


@router.get("/sites/{site}/photos", responses=problems(404))
def list_photos(site: SiteId, _person: Reads, service: ServiceDependency) -> PhotoPage:
    """Those of a site, the oldest first."""
    service.read(lambda connection: require_site(connection, site))
    return PhotoPage(items=service.read(lambda connection: photos.photos_of(connection, site)), next=None)


@router.get("/photos/{photo}", response_class=Response, responses={**_JPEG, **problems(404)})
def read_photo(photo: _PhotoId, _person: Reads, service: ServiceDependency) -> Response:
    """The photo itself."""
    content = service.read(lambda connection: photos.content_of(connection, photo))
    headers = {"Content-Disposition": f'inline; filename="{photo}.jpg"', "X-Content-Type-Options": "nosniff"}
    return Response(content, 200, headers, "image/jpeg")


@router.delete("/photos/{photo}", responses=problems(404))
async def delete_photo(photo: _PhotoId, person: Installs, service: ServiceDependency, reason: ReasonQuery) -> Photo:
    """It cannot be undone; the record of changes keeps that it was there."""
    act = service.act(person, reason)
    return await service.write(lambda connection: photos.delete_photo(connection, act, photo))


@cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(_AT_ONCE)
