"""Saves what `status` shows after the process is gone. Nothing else depends on it: when the disk is full, it tries later."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from gateway.counters import ROUTINE
from gateway.errors import StoreError
from gateway.store.store import Store
from gateway.store.store_thread import Urgency
from gateway.store.writer import Writer
from gateway.telemetry import Telemetry
from gateway.time.site_time import SiteTime

_LOG = logging.getLogger(__name__)
_PAUSE_S = 1.0
# What only counts, and moments: each saving costs the disk some pages. Anything else that has changed is saved within a second.
SAVE_EVERY_S = 30.0


class HealthRecorder:
    """`snapshot` gives the documents that are saved, by subject."""

    def __init__(
        self,
        writer: Writer,
        snapshot: Callable[[], dict[str, Any]],
        site: SiteTime,
        telemetry: Telemetry,
    ) -> None:
        self._writer = writer
        self._counters = telemetry.counters
        self._errors = telemetry.errors
        self._snapshot = snapshot
        self._site = site
        self._last_snapshot: dict[str, Any] = {}
        self._last_lasting: Any = None
        self._saved_s = -SAVE_EVERY_S

    async def run(self) -> None:
        while True:
            await self.save_if_due(self._site.monotonic_s())
            await asyncio.sleep(_PAUSE_S)

    async def save_if_due(self, now_s: float) -> None:
        """At once when more has changed than routine counters and moments."""
        news = {name: value for name, value in self._counters.all().items() if name not in ROUTINE}
        lasting = (news, _lasting(self._snapshot()))
        if lasting != self._last_lasting or self._errors.waiting or now_s - self._saved_s >= SAVE_EVERY_S:
            self._last_lasting, self._saved_s = lasting, now_s
            await self.save()

    async def save(self) -> None:
        """Only what has changed, so that a quiet gateway leaves its disk alone."""
        counters, lines, now = self._counters.changed(), self._errors.pop_all(), self._snapshot()
        documents = {subject: document for subject, document in now.items() if document != self._last_snapshot.get(subject)}
        if not (counters or lines or documents):
            return
        kept, at_ms = self._errors.limit, self._site.utc_ms()

        def write(store: Store) -> None:
            store.health.save(counters, lines, kept, documents, at_ms)

        try:
            await self._writer.call(write, Urgency.LATER)
            self._last_snapshot = now
        except StoreError as error:
            self._counters.unsaved(counters)
            _LOG.warning("health not saved", extra={"reason": error.reason})


def _lasting(document: Any) -> Any:
    """Of a document what does not change with every message: of a moment only whether there is one."""
    if isinstance(document, dict):
        return {key: value is None if key.endswith("_ms") else _lasting(value) for key, value in document.items()}
    return [_lasting(value) for value in document] if isinstance(document, list) else document
