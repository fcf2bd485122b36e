"""Saves points of the track in the buffer, a group at a time. Its queue is bounded: full, the oldest goes and is counted."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from gateway.counters import Counters
from gateway.errors import StoreError
from gateway.store.database import transaction
from gateway.store.site.track import ENDED, Point
from gateway.store.store import Store
from gateway.store.writer import Writer

_LOG = logging.getLogger(__name__)
_MOST_WAITING = 1000
_AGAIN_S = 2.0


class TrackKeeper:
    """`utc_ms`: the clock by which items are dated."""

    def __init__(self, writer: Writer, counters: Counters, utc_ms: Callable[[], int]) -> None:
        self._writer = writer
        self._counters = counters
        self.utc_ms = utc_ms
        self._waiting: deque[Point] = deque()
        self._mobile: bool | None = None
        self._work = asyncio.Event()

    def add(self, point: Point) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft()
            self._counters.add("sources.dropped")
        self._waiting.append(point)
        self._work.set()

    def expect(self, mobile: bool) -> None:
        """Whether the site has a receiver at all, by the desired document: without one its track ends."""
        self._mobile = mobile
        self._work.set()

    async def run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self._save()
            except StoreError as error:
                _LOG.warning("track not saved, will be tried again", extra={"reason": error.reason})
                self._work.set()
                await asyncio.sleep(_AGAIN_S)

    async def save_last(self) -> None:
        """Before the end: what waits, if the disk lets it."""
        try:
            await self._save()
        except StoreError as error:
            _LOG.warning("track not saved at the end", extra={"reason": error.reason, "points": len(self._waiting)})

    async def _save(self) -> None:
        points = list(self._waiting)
        self._waiting.clear()
        try:
            await self._writer.call(lambda store: self._add(store, points))
        except StoreError:
            self._waiting.extendleft(reversed(points))
            raise

    def _add(self, store: Store, points: list[Point]) -> None:
        with transaction(store.connection):
            store.track.add(points)
            if self._mobile is False and store.track.is_open():
                store.track.add([Point(self.utc_ms(), ENDED)])
