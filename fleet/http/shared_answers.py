"""One answer for all who ask the same: made once, whoever asks meanwhile waits for it, and it is kept for some seconds, as bytes.

It is kept for ten times as long as it took to make, LEAST_MS at least and MOST_MS at most: what is dear is made less often, and no crowd
makes it more often than one viewer does. At MOST_BYTES of all together the oldest go.
"""

import asyncio
import gzip
import hashlib
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from fleet.http import preconditions
from fleet.http.answers import REVALIDATED

LEAST_MS = 2000
MOST_MS = 4000  # beyond some seconds a page would call it out of date
MOST_BYTES = 32 << 20
_COMPRESS_FROM_BYTES = 1000
_LEVEL = 4

SHARED_MADE = "shared_answers_made"
SHARED_GIVEN = "shared_answers_given"

Make = Callable[[], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Whole:
    body: bytes
    zipped: bytes | None
    media_type: str
    etag: str

    @property
    def size(self) -> int:
        return len(self.body) + len(self.zipped or b"")


@dataclass(slots=True)
class _Entry:
    task: "asyncio.Task[_Whole]"
    until_ms: int | None = None


class SharedAnswers:
    """counts: how many were made, and how many given."""

    def __init__(self, monotonic_ms: Callable[[], int], counts: Counter[str]) -> None:
        self._monotonic_ms = monotonic_ms
        self._counts = counts
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._bytes = 0

    async def give(self, key: Hashable, headers: Headers, make: Make) -> Response:
        """Raises whatever make does, to everybody who waited for it; nothing is kept then."""
        entry = self._entries.get(key)
        if entry is None or (entry.until_ms is not None and self._monotonic_ms() >= entry.until_ms):
            self._forget(key)
            entry = self._entries[key] = _Entry(asyncio.create_task(self._make(key, make)))
        whole = await asyncio.shield(entry.task)  # one who leaves takes it from nobody
        self._counts[SHARED_GIVEN] += 1
        return _response(whole, headers)

    async def _make(self, key: Hashable, make: Make) -> _Whole:
        began_ms = self._monotonic_ms()
        try:
            whole = await run_in_threadpool(_whole, await make())
        except BaseException:
            self._entries.pop(key, None)
            raise
        now_ms = self._monotonic_ms()
        self._entries[key].until_ms = now_ms + min(max(10 * (now_ms - began_ms), LEAST_MS), MOST_MS)
        self._counts[SHARED_MADE] += 1
        self._bytes += whole.size
        while self._bytes > MOST_BYTES:
            self._forget(next(other for other, entry in self._entries.items() if entry.until_ms is not None))
        return whole

    def _forget(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry and entry.until_ms is not None:
            self._bytes -= entry.task.result().size if entry.task.done() else 0


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
