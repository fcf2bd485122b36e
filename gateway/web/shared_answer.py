"""One answer for all who ask within two seconds, made only when it is asked for."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from typing import NamedTuple

FRESH_S = 2.0
_LEVEL = 4


class _Body(NamedTuple):
    plain: bytes
    zipped: bytes


class SharedAnswer:
    """`make`: the body, renewed at most every two seconds; never twice at once."""

    def __init__(self, make: Callable[[], Awaitable[bytes]], monotonic_s: Callable[[], float]) -> None:
        self._make = make
        self._monotonic_s = monotonic_s
        self._making: asyncio.Task[_Body] | None = None
        self._made_s: float | None = None

    async def body(self, *, zipped: bool) -> bytes:
        """Raises what `make` raises, to all who wait for it; the next one who asks begins again."""
        if self._making is None or (self._making.done() and not self._is_fresh()):
            self._made_s = None
            self._making = asyncio.create_task(self._bodies())
            self._making.add_done_callback(_seen)
        bodies = await asyncio.shield(self._making)  # a client that leaves ends it for no other
        return bodies.zipped if zipped else bodies.plain

    def _is_fresh(self) -> bool:
        return self._made_s is not None and self._monotonic_s() - self._made_s <= FRESH_S

    async def _bodies(self) -> _Body:
        plain = await self._make()
        self._made_s = self._monotonic_s()
        return _Body(plain, gzip.compress(plain, _LEVEL, mtime=0))


def _seen(making: "asyncio.Task[_Body]") -> None:
    """All clients may have left: asyncio would log an exception that was never retrieved."""
    if not making.cancelled():
        making.exception()
