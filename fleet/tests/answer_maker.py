"""What makes shared answers in tests: counts what it made, and is let go by them."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import Response
from starlette.datastructures import Headers

from fleet.http.shared_answers import Asker, Lasting, SharedAnswers

PLAIN = Headers({})
MOST_MADE = 10
MOST_OF_ONE = 3
WITHIN_S = 20


class Here:
    """No thread at all."""

    async def run(self, function: Callable[[Response], Any], given: Response) -> Any:
        return function(given)


class Maker:
    """Answers with a number that counts, when it is let go."""

    def __init__(self, body: bytes = b"", lasts_ms: int | None = None) -> None:
        self.made = 0
        self.admitted = 0
        self.go = asyncio.Event()
        self.go.set()
        self.fails: Exception | None = None
        self.refuses: Exception | None = None
        self._body = body
        self._lasts_ms = lasts_ms

    async def make(self) -> Response:
        self.made += 1
        await self.go.wait()
        if self.fails:
            raise self.fails
        body = self._body or str(self.made).encode()
        return Response(body, media_type="text/html") if self._lasts_ms is None else Lasting(body, self._lasts_ms, "text/html")

    def admit(self) -> None:
        if self.refuses:
            raise self.refuses
        self.admitted += 1


async def given(shared: SharedAnswers, maker: Maker, key: str = "a", address: str = "") -> bytes:
    """address: each question has one of its own unless it is given."""
    async with asyncio.timeout(WITHIN_S):
        return bytes((await shared.give(key, PLAIN, Asker(address or key, maker.admit), maker.make)).body)


async def settled(shared: SharedAnswers) -> None:
    """Until nothing is made any more."""
    if shared._under_way:
        await asyncio.wait(shared._under_way.values())  # which looks at no exception
