"""Files for gateways, whole or in parts."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from contract.site import device_api
from fleet.api.dependencies import Gateway, ServiceDependency, Sha256
from fleet.http import byte_range
from fleet.http.openapi import problems
from fleet.releases import artifacts

router = APIRouter(prefix=device_api.PREFIX, tags=["device"], responses=problems(401, 422, 429, 503))


@router.get(
    device_api.ARTIFACTS + "/{sha256}",
    response_class=Response,
    responses={
        200: {"description": "all of it", "content": {"application/octet-stream": {}}},
        206: {"description": "the range asked for", "content": {"application/octet-stream": {}}},
        **problems(404, 416),
    },
)
def read_artifact(
    sha256: Sha256, _gateway: Gateway, service: ServiceDependency, range: Annotated[str | None, Header(max_length=200)] = None
) -> Response:
    found = service.read(lambda connection: artifacts.find(connection, sha256))
    part = byte_range.parse(range, found.size)
    first, length = part or (0, found.size)
    content = service.read(lambda connection: artifacts.read(connection, sha256, first, length))
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{sha256}"'}
    if part is None:
        return Response(content, 200, headers, "application/octet-stream")
    headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{found.size}"
    return Response(content, 206, headers, "application/octet-stream")
