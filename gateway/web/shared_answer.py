"""One answer for all who ask within two seconds, made only when somebody asks."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable

FRESH_S = 2.0
_GZIP = 16 + zlib.MAX_WBITS


class SharedAnswer:
    """`make`: the body, made anew at most every two seconds; never twice at once."""

    def __init__(self, make: Callable[[], Awaitable[bytes]], monotonic_s: Callable[[], float]) -> None:
        self._make = make
        self._monotonic_s = monotonic_s
        self._making = asyncio.Lock()
        self._body = b""
        self._zipped: bytes | None = None
        self._made_s: float | None = None

    async def body(self, *, zipped: bool) -> bytes:
        """Raises what `make` raises; the next one who asks tries again."""
        async with self._making:
            if self._made_s is None or self._monotonic_s() - self._made_s > FRESH_S:
                self._body, self._zipped = await self._make(), None
                self._made_s = self._monotonic_s()
            if not zipped:
                return self._body
            if self._zipped is None:
                packer = zlib.compressobj(wbits=_GZIP)
                self._zipped = packer.compress(self._body) + packer.flush()
            return self._zipped
