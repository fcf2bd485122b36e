"""Saves what `status` shows, and does the buffer's slow upkeep. Nothing else depends on it: when the disk is full, it tries later."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from gateway import clock
from gateway.configuration import BufferSection
from gateway.counters import Counters
from gateway.errors import StoreError
from gateway.store.health_records import ErrorLog
from gateway.store.store import Store, tidy
from gateway.store.store_thread import Urgency
from gateway.store.writer import Writer

_LOG = logging.getLogger(__name__)
_PAUSE_S = 1.0
_TIDY_EVERY_S = 10.0


class Health:
    """`snapshot` gives the documents that are saved, by subject."""

    def __init__(
        self,
        writer: Writer,
        counters: Counters,
        errors: ErrorLog,
        section: BufferSection,
        snapshot: Callable[[], dict[str, Any]],
        utc_ms: Callable[[], int] = clock.utc_ms,
    ) -> None:
        self._writer = writer
        self._counters = counters
        self._errors = errors
        self._section = section
        self._snapshot = snapshot
        self._utc_ms = utc_ms
        self._last_snapshot: dict[str, Any] = {}

    async def run(self) -> None:
        tidied_s = 0.0
        while True:
            await self.save()
            if clock.monotonic_s() - tidied_s >= _TIDY_EVERY_S:
                tidied_s = clock.monotonic_s()
                await self._tidy()
            await asyncio.sleep(_PAUSE_S)

    async def save(self) -> None:
        """Only what has changed, so that a quiet gateway leaves its disk alone."""
        counters, lines, now = self._counters.changed(), self._errors.take(), self._snapshot()
        documents = {subject: document for subject, document in now.items() if document != self._last_snapshot.get(subject)}
        if not (counters or lines or documents):
            return
        kept, at_ms = self._errors.limit, self._utc_ms()

        def write(store: Store) -> None:
            store.health.save(counters, lines, kept, documents, at_ms)

        try:
            await self._writer.call(write, Urgency.LATER)
            self._last_snapshot = now
        except StoreError as error:
            self._counters.unsaved(counters)
            _LOG.warning("health not saved", extra={"reason": error.reason})

    async def _tidy(self) -> None:
        try:
            expired = await self._writer.call(lambda store: tidy(store, self._section, self._utc_ms()), Urgency.LATER)
            self._counters.add("items.expired", expired)
        except StoreError as error:
            _LOG.warning("buffer not tidied", extra={"reason": error.reason})
