"""Brings what waits in the buffer to the fleet: one batch after another, each repeated until the fleet has answered for every item.

A batch that the fleet refuses whole is tried again in halves, so that one bad item is found and set aside, and the rest goes on.
"""

import asyncio
import contextlib
import logging
from typing import Any

from gateway import clock
from gateway.backoff import Backoff
from gateway.configuration import FleetSection
from gateway.counters import Counters
from gateway.errors import FleetError, StoreError
from gateway.store.health_records import ErrorLog
from gateway.store.outbox import Batch, Verdict
from gateway.store.writer import Writer
from gateway.uplink.fleet_api import FleetApi
from gateway.uplink.ingest_body import gaps_taken, ingest_body, read_verdicts

_LOG = logging.getLogger(__name__)
_LOOK_AGAIN_S = 5.0  # also without a wake-up: anchors and gaps wait too


class Uplink:
    """`wake` is called whenever there is something new to send."""

    def __init__(
        self, api: FleetApi, writer: Writer, section: FleetSection, backoff: Backoff, counters: Counters, errors: ErrorLog
    ) -> None:
        self._api = api
        self._writer = writer
        self._section = section
        self._backoff = backoff
        self._counters = counters
        self._errors = errors
        self._most_items = section.batch_items
        self._searching = False  # for the item because of which a batch was refused whole
        self._stored = asyncio.Event()

    def wake(self) -> None:
        self._stored.set()

    async def run(self) -> None:
        while True:
            self._stored.clear()
            if not await self.send_one():
                await self._until_stored()

    async def send_one(self) -> bool:
        """Sends the next batch, or waits as long as a failure asks for. False when nothing waits."""
        batch: Batch | None = None
        try:
            batch = await self._next_batch(extras=not self._searching)
            if batch.empty:
                return False
            await self._send(batch)
        except FleetError as error:
            if error.whole_batch and batch is not None and batch.items:
                await self._refused_whole(batch, error)
            else:
                await self._wait(error.reason, min(error.retry_after_s, self._section.retry_after_cap_s))
        except StoreError as error:
            await self._wait(error.reason, 0)
        return True

    async def _next_batch(self, *, extras: bool) -> Batch:
        most_items, most_bytes = self._most_items, self._section.batch_bytes
        return await self._writer.call(lambda store: store.outbox.next_batch(most_items, most_bytes, extras=extras))

    async def _send(self, batch: Batch) -> None:
        # Off the loop: compressing a full batch takes as long as dozens of acknowledgements.
        body = await asyncio.to_thread(ingest_body, batch)
        answer = await self._api.ingest(body)
        verdicts = read_verdicts(answer, len(batch.items))
        self._backoff.succeeded(clock.monotonic_s())
        await self._settle(batch, verdicts, answer)
        self._counters.add("uplink.batches")
        self._most_items = min(2 * self._most_items, self._section.batch_items)
        self._searching = self._searching and self._most_items < self._section.batch_items

    async def _settle(self, batch: Batch, verdicts: list[Verdict], answer: dict[str, Any]) -> None:
        taken, now_ms = gaps_taken(answer, batch), clock.utc_ms()
        counts = await self._writer.call(lambda store: store.outbox.settle(batch, verdicts, gaps_taken=taken, now_ms=now_ms))
        for name, number in counts.items():
            self._counters.add(name, number)
        for waiting, verdict in zip(batch.items, verdicts):
            if verdict.status == "refused":
                row = waiting.row
                self._errors.add(now_ms, "uplink", f"{row.node} boot {row.boot} seq {row.seq} refused by the fleet: {verdict.reason}")
                _LOG.warning("refused by the fleet", extra={"node": row.node, "boot": row.boot, "seq": row.seq, "reason": verdict.reason})

    async def _refused_whole(self, batch: Batch, error: FleetError) -> None:
        self._counters.add("uplink.halved")
        _LOG.warning("batch refused whole", extra={"items": len(batch.items), "reason": error.reason})
        if self._searching and len(batch.items) == 1:
            await self._settle(batch, [Verdict("refused", f"http_{error.status}")], {})
        else:
            self._searching = True
            self._most_items = max(1, len(batch.items) // 2)

    async def _wait(self, reason: str, at_least_s: float) -> None:
        self._counters.add("uplink.failures")
        self._errors.add(clock.utc_ms(), "uplink", reason)
        delay_s = self._backoff.failed(clock.monotonic_s(), at_least_s)
        _LOG.warning("batch failed, will be tried again", extra={"reason": reason, "wait_s": round(delay_s, 3)})
        await asyncio.sleep(delay_s)

    async def _until_stored(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN_S):
                await self._stored.wait()
