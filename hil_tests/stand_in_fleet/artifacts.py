"""Artifacts and their ranges (RFC 9110, 14.2)."""

import re
from collections.abc import Mapping

from fleet.errors import RangeNotSatisfiableError
from fleet.http import byte_range
from hil_tests.stand_in_fleet.http import Response
from hil_tests.stand_in_fleet.problems import RefusedError

_MEDIA_TYPE = "application/octet-stream"


def artifact_response(artifacts: Mapping[str, bytes], sha256: str, asked: str | None) -> Response:
    """Raises RefusedError."""
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise RefusedError(422, "sha256: 64 hex digits")
    if sha256 not in artifacts:
        raise RefusedError(404, f"no artifact {sha256}")
    content = artifacts[sha256]
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{sha256}"'}
    try:
        part = byte_range.parse(asked, len(content))
    except RangeNotSatisfiableError as error:
        raise RefusedError(416, str(error), {"Content-Range": f"bytes */{error.size}"}) from None
    if part is None:
        return Response(200, content, _MEDIA_TYPE, headers)
    first, length = part
    headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{len(content)}"
    return Response(206, content[first : first + length], _MEDIA_TYPE, headers)
