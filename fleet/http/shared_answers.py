"""One answer for all who ask the same, as bytes: made once; requests that come meanwhile wait for it, and it is kept for some seconds.

It is fresh for ten times as long as it took to make, LEAST_MS at least and MOST_MS at most, or for as long as it says itself (Lasting):
what is dear is made less often, and no crowd makes it more often than one viewer does. For GRACE_MS beyond that it is still given, at
once, while one task makes the next one. Who asks later than that waits for it.

A question that took too long is not asked again for TOO_SLOW_MS: all who ask it get the same error. At MOST_BYTES of all together, or
MOST_KEPT, those go that nobody has asked for the longest; what was asked counts too. While as many are made as may be, for an address or
for all, who asks for another one is refused. What everybody asks, of which there are few, is never refused.
"""

import asyncio
import gzip
import hashlib
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Protocol

from fastapi import Response
from starlette.datastructures import Headers

from fleet.errors import OverloadedError, RateLimitedError, TooSlowError
from fleet.http import preconditions
from fleet.http.answers import REVALIDATED

LEAST_MS = 2000
MOST_MS = 4000  # with GRACE_MS, and the age of what it is made of, less than what a page would call out of date
GRACE_MS = 2000
TOO_SLOW_MS = 10_000
MOST_BYTES = 32 << 20
MOST_KEPT = 4096
RETRY_AFTER_S = 3
RETRY_ONE_AFTER_S = 1
_COMPRESS_FROM_BYTES = 1000
_LEVEL = 4

SHARED_MADE = "shared_answers_made"
SHARED_GIVEN = "shared_answers_given"
SHARED_REFUSED = "shared_answers_refused"

Make = Callable[[], Awaitable[Response]]


class Asker(NamedTuple):
    """admit: whether the one who asks may have an answer made. Raises RateLimitedError."""

    address: str
    admit: Callable[[], None]


class Lasting(Response):
    """Is fresh for `lasts_ms`, however long it took to make."""

    def __init__(self, content: str | bytes, lasts_ms: int, media_type: str) -> None:
        super().__init__(content, media_type=media_type)
        self.lasts_ms = lasts_ms


class Threads(Protocol):
    """Where answers are packed."""

    async def run(self, function: "Callable[[Response], _Whole]", given: Response, /) -> "_Whole": ...


@dataclass(frozen=True, slots=True)
class _Whole:
    body: bytes
    zipped: bytes | None
    media_type: str
    etag: str

    @property
    def size(self) -> int:
        return len(self.body) + len(self.zipped or b"")


@dataclass(frozen=True, slots=True)
class _Kept:
    """of: the answer, or why there is none. key_bytes: of what was asked, about."""

    of: _Whole | TooSlowError
    fresh_until_ms: int
    key_bytes: int

    @property
    def size(self) -> int:
        return self.key_bytes + (0 if isinstance(self.of, TooSlowError) else self.of.size)


class SharedAnswers:
    """most_made: at once. most_of_one: of them, for one address. counts: how many were made, given and refused."""

    def __init__(self, monotonic_ms: Callable[[], int], threads: Threads, most_made: int, most_of_one: int, counts: Counter[str]) -> None:
        self._monotonic_ms = monotonic_ms
        self._threads = threads
        self._most_made = most_made
        self._most_of_one = most_of_one
        self._counts = counts
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._under_way: dict[Hashable, asyncio.Task[_Whole]] = {}
        self._askers = Counter[str]()  # of those under way, by address
        self._bytes = 0

    async def give(self, key: Hashable, headers: Headers, asker: Asker | None, make: Make) -> Response:
        """asker: None where everybody asks this. Raises whatever make does, to everybody who waits for it; to the one who is not admitted
        RateLimitedError or OverloadedError."""
        now_ms = self._monotonic_ms()
        kept = self._kept.get(key)
        if kept is None or now_ms >= kept.fresh_until_ms + GRACE_MS:
            whole = await asyncio.shield(self._making(key, asker, make))  # one who leaves takes it from nobody
            return self._given(whole, headers)
        self._kept.move_to_end(key)
        if now_ms >= kept.fresh_until_ms:
            with suppress(RateLimitedError, OverloadedError):
                self._making(key, asker, make)
        if isinstance(kept.of, TooSlowError):
            raise kept.of.with_traceback(None)
        return self._given(kept.of, headers)

    def _making(self, key: Hashable, asker: Asker | None, make: Make) -> "asyncio.Task[_Whole]":
        """The task that is under way, else a new one."""
        task = self._under_way.get(key)
        if task is None:
            if asker:
                self._require_room(asker.address)
                asker.admit()
                self._askers[asker.address] += 1
            task = self._under_way[key] = asyncio.create_task(self._make(key, make))
            task.add_done_callback(partial(self._ended, key, asker))
        return task

    def _ended(self, key: Hashable, asker: Asker | None, task: "asyncio.Task[_Whole]") -> None:
        del self._under_way[key]
        if asker:
            self._askers[asker.address] -= 1
            if not self._askers[asker.address]:
                del self._askers[asker.address]
        # Of a task for which nobody waits an exception would be logged as lost. It is raised to the next one who has to wait.
        if not task.cancelled():
            task.exception()

    def _require_room(self, address: str) -> None:
        if self._askers[address] >= self._most_of_one:
            raise RateLimitedError(RETRY_ONE_AFTER_S)
        if len(self._under_way) >= self._most_made:
            self._counts[SHARED_REFUSED] += 1
            raise OverloadedError(RETRY_AFTER_S)

    async def _make(self, key: Hashable, make: Make) -> _Whole:
        began_ms = self._monotonic_ms()
        try:
            response = await make()
            whole = await self._threads.run(_whole, response)
        except TooSlowError as error:
            self._keep(key, error, self._monotonic_ms() + TOO_SLOW_MS)
            raise
        self._counts[SHARED_MADE] += 1
        now_ms = self._monotonic_ms()
        lasts_ms = response.lasts_ms if isinstance(response, Lasting) else min(max(10 * (now_ms - began_ms), LEAST_MS), MOST_MS)
        self._keep(key, whole, now_ms + lasts_ms)
        return whole

    def _keep(self, key: Hashable, of: _Whole | TooSlowError, fresh_until_ms: int) -> None:
        kept = _Kept(of, fresh_until_ms, len(repr(key).encode()))
        former = self._kept.pop(key, None)
        self._bytes -= former.size if former else 0
        if kept.size > MOST_BYTES:
            return
        self._kept[key] = kept
        self._bytes += kept.size
        while self._bytes > MOST_BYTES or len(self._kept) > MOST_KEPT:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.size

    def _given(self, whole: _Whole, headers: Headers) -> Response:
        self._counts[SHARED_GIVEN] += 1
        return _response(whole, headers)


def _whole(response: Response) -> _Whole:
    body = bytes(response.body)
    zipped = gzip.compress(body, _LEVEL, mtime=0) if len(body) >= _COMPRESS_FROM_BYTES else None
    return _Whole(body, zipped, response.headers["content-type"], f'W/"{hashlib.sha256(body).hexdigest()[:24]}"')


def _response(whole: _Whole, headers: Headers) -> Response:
    answered = {"ETag": whole.etag, "Vary": "Accept-Encoding, Accept-Language, Cookie", **REVALIDATED}
    if preconditions.has_it(headers.get("if-none-match"), whole.etag):
        return Response(None, 304, answered)
    body = whole.body
    if whole.zipped and "gzip" in headers.get("accept-encoding", ""):
        body, answered["Content-Encoding"] = whole.zipped, "gzip"
    return Response(body, 200, {**answered, "Content-Type": whole.media_type})
