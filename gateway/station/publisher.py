"""Publishes what sources found, as items of the gateway itself (ADR 0009). Its queue is bounded: full, the oldest goes and is counted."""

import asyncio
import json
import logging
from collections import deque
from typing import Any

from contract import messages
from contract.site.shapes import MAX_CHANNELS
from gateway.counters import Counters
from gateway.errors import StoreError
from gateway.store.site.station import PendingItem
from gateway.store.writer import Writer
from gateway.time.site_time import SiteTime

_LOG = logging.getLogger(__name__)
_MOST_WAITING = 1000
_AGAIN_S = 2.0


class StationPublisher:
    def __init__(self, writer: Writer, counters: Counters, site: SiteTime) -> None:
        self._writer = writer
        self._counters = counters
        self._site = site
        self._started_ms = site.monotonic_ms()
        self._waiting: deque[PendingItem] = deque()
        self._work = asyncio.Event()
        # By slot and quantity the last row that was published, since the start.
        self.last_rows: dict[tuple[int, int], list[int]] = {}

    def report(self, rows: list[list[int]], start_ms: int, duration_ms: int, error_ms: int | None = None) -> None:
        """One period, from start_ms UTC; in as many items as it has channels for. error_ms: of the site's clock when absent."""
        self.last_rows |= {(row[0], row[1]): row for row in rows}
        now_ms, clock_error_ms, _ = self._site.now()
        error_ms = clock_error_ms if error_ms is None else error_ms
        uptime_ms = max(0, self._uptime_ms() - max(0, now_ms - start_ms))
        for at in range(0, len(rows), MAX_CHANNELS):
            fields = {"c": 0, "ch": rows[at : at + MAX_CHANNELS]}
            self.publish(PendingItem(messages.REPORT, fields, uptime_ms, start_ms, error_ms, duration_ms))

    def publish_now(self, kind: str, fields: dict[str, Any]) -> None:
        """An item of this moment."""
        now_ms, error_ms, _ = self._site.now()
        self.publish(PendingItem(kind, fields, self._uptime_ms(), now_ms, error_ms))

    async def has_reported(self, slot: int, quantity: int, start_ms: int) -> bool:
        """Whether the store has a report of that channel from that moment, as from before a restart. Raises StoreError."""
        bodies = await self._writer.call(lambda store: store.station.bodies_of(messages.REPORT, start_ms))
        waiting = [one.fields for one in self._waiting if one.kind == messages.REPORT and one.moment_ms == start_ms]
        found = [json.loads(body) for body in bodies] + waiting
        return any([slot, quantity] == list(row[:2]) for fields in found for row in fields["ch"])

    def utc_ms(self) -> int:
        """By the clock that dates what is published."""
        return self._site.utc_ms()

    def publish(self, pending: PendingItem) -> None:
        while len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft()
            self._counters.add("sources.dropped")
        self._waiting.append(pending)
        self._work.set()

    async def run(self) -> None:
        while True:
            await self._work.wait()
            try:
                await self.publish_pending()
            except StoreError as error:
                _LOG.warning("own items not stored, will be tried again", extra={"reason": error.reason, "items": len(self._waiting)})
                await asyncio.sleep(_AGAIN_S)

    async def publish_pending(self) -> None:
        """Raises StoreError: it waits on."""
        self._work.clear()
        pending_items = list(self._waiting)
        if not pending_items:
            return
        self._waiting.clear()
        try:
            # A cancelled caller leaves it to end: else it would be unknown whether it was stored.
            await asyncio.shield(self._writer.publish(pending_items))
        except StoreError:
            self._waiting.extendleft(reversed(pending_items))
            self._work.set()
            raise

    async def publish_last(self) -> None:
        """Before the end: what waits, if the disk lets it."""
        try:
            await self.publish_pending()
        except StoreError as error:
            _LOG.warning("own items not stored at the end", extra={"reason": error.reason, "items": len(self._waiting)})

    def _uptime_ms(self) -> int:
        return self._site.monotonic_ms() - self._started_ms
