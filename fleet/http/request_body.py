"""The body of a request, bounded before and after gzip, so that a small message cannot become a large one."""

import zlib
from collections.abc import Mapping

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet.errors import MalformedError, TooLargeError

UNREADABLE = "the body cannot be read: JSON in UTF-8 is needed, and not nested hundreds deep"
_GZIP = 16 + zlib.MAX_WBITS


class BodyLimit:
    """Bounds what comes over the wire, as it is read. (FastAPI's own max_body_size cannot answer with a problem.)"""

    def __init__(self, app: ASGIApp, max_bytes: int, limits_by_path: Mapping[str, int]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._limits_by_path = limits_by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = self._limits_by_path.get(scope.get("path", ""), self._max_bytes)

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, "the body is larger than allowed")
            return message

        await self._app(scope, bounded, send)


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Raises TooLargeError or MalformedError. What comes over the wire is bounded by BodyLimit."""
    body = await request.body()
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding == "gzip":
        return gunzip(body, max_bytes)
    if encoding != "identity":
        raise MalformedError("Content-Encoding: gzip, or none")
    if len(body) > max_bytes:
        raise TooLargeError("bytes", max_bytes)
    return body


def gunzip(body: bytes, max_bytes: int) -> bytes:
    """Raises TooLargeError as soon as there is a byte too many, MalformedError on what is not one whole gzip member."""
    inflate = zlib.decompressobj(_GZIP)
    try:
        plain = inflate.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise MalformedError(f"not gzip: {error}") from None
    if len(plain) > max_bytes:
        raise TooLargeError("bytes", max_bytes)
    if not inflate.eof or inflate.unused_data:
        raise MalformedError("gzip: cut short, or followed by something else")
    return plain
