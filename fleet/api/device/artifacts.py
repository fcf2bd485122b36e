"""Files for gateways, whole or in parts."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from contract.site import device_api
from fleet.api.dependencies import Gateway, ServiceDependency, Sha256
from fleet.http import byte_range, preconditions
from fleet.http.answers import REVALIDATED
from fleet.http.openapi import problems
from fleet.releases import artifacts
from fleet.service import Service

PIECE_BYTES = 256 << 10

router = APIRouter(prefix=device_api.PREFIX, tags=["device"], responses=problems(401, 422, 429, 503))


@router.get(
    device_api.ARTIFACTS + "/{sha256}",
    response_class=Response,
    responses={
        200: {"description": "all of it", "content": {"application/octet-stream": {}}},
        206: {"description": "the range asked for", "content": {"application/octet-stream": {}}},
        304: {"description": "If-None-Match names its ETag"},
        **problems(404, 416),
    },
)
async def read_artifact(
    sha256: Sha256,
    _gateway: Gateway,
    service: ServiceDependency,
    range: Annotated[str | None, Header(max_length=200)] = None,
    if_range: Annotated[str | None, Header(max_length=200)] = None,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
) -> Response:
    """A file, whole or a range of its bytes."""
    found = await service.look_up(lambda connection: artifacts.find(connection, sha256))
    etag = f'"{sha256}"'
    headers = {"Accept-Ranges": "bytes", "ETag": etag, **REVALIDATED}
    if preconditions.has_it(if_none_match, etag):
        return Response(None, 304, headers)
    part = byte_range.parse(range, found.size) if preconditions.range_holds(if_range, etag) else None
    first, length = part or (0, found.size)
    headers["Content-Length"] = str(length)
    if part:
        headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{found.size}"
    content = _content(service, sha256, first, length)
    return StreamingResponse(content, 206 if part else 200, headers, "application/octet-stream")


async def _content(service: Service, sha256: str, first: int, length: int) -> AsyncIterator[bytes]:
    # In pieces: a receiver that is slow, or whose access ends meanwhile, holds no more than one.
    for start in range(first, first + length, PIECE_BYTES):
        size = min(PIECE_BYTES, first + length - start)
        yield await service.look_up(partial(artifacts.read, digest=sha256, first=start, length=size))
