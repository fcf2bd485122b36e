"""The body of a request, bounded before and after gzip, so that a small message cannot become a large one."""

import zlib

from fastapi import Request

from fleet.errors import MalformedError, TooLargeError

_GZIP = 16 + zlib.MAX_WBITS


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Raises TooLargeError or MalformedError. What comes over the wire is bounded by the route (max_body_size)."""
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
