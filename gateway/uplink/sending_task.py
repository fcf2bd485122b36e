"""One task that sends to the fleet: one batch after another, each repeated until every item is answered. Its failures are its own.

A batch that the fleet refuses whole is tried again in halves and without anchors and gaps, so that one bad item is found and set aside,
and the rest goes on.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from contract.site import device_api
from gateway.backoff import Backoff
from gateway.configuration import FleetSection
from gateway.errors import FleetError, StoreError
from gateway.store.delivery.batch import Batch, Verdict
from gateway.store.store import Store
from gateway.store.store_thread import Urgency
from gateway.telemetry import Telemetry
from gateway.time.clock import Clock
from gateway.uplink.pace import Pace
from gateway.uplink.sender import Sender

_LOG = logging.getLogger(__name__)
_LOOK_AGAIN_S = 5.0  # also without a wake-up: anchors and gaps wait too


# From (store, most items, most bytes, extras), on the writer thread.
Read = Callable[[Store, int, int, bool], Batch]


@dataclass(frozen=True)
class Stream:
    """What one task sends. `read` gives its next batch; `pace` holds it back; `backoff` gives its waits after failures."""

    name: str
    urgency: Urgency
    read: Read
    pace: Pace
    backoff: Backoff


class SendingTask:
    def __init__(self, stream: Stream, sender: Sender, section: FleetSection, clock: Clock, telemetry: Telemetry) -> None:
        self._stream = stream
        self._pace, self._backoff = stream.pace, stream.backoff
        self._sender = sender
        self._section = section
        self._clock = clock
        self._counters = telemetry.counters
        self._errors = telemetry.errors
        self._most_items = section.batch_items
        self._searching = False  # for the item because of which a batch was refused whole
        self._stored = asyncio.Event()
        self.sending: Batch | None = None

    def wake(self) -> None:
        self._stored.set()

    async def run(self) -> None:
        while True:
            self._stored.clear()
            if not await self.send_one():
                await self._until_stored()

    async def send_one(self) -> bool:
        """Sends the next batch, or waits as long as a failure asks for. False when nothing waits."""
        try:
            await asyncio.sleep(self._pace.wait_s(self._clock.monotonic_s()))
            await self._sender.ready()
            self.sending = await self._next_batch()
            if self.sending.empty:
                return self._end_search()
            await self._send(self.sending)
        except FleetError as error:
            await self._refused(error)
        except StoreError as error:
            await self._wait(error.reason)
        finally:
            self.sending = None
        return True

    def _end_search(self) -> bool:
        """No item is left that could be at fault: anchors and gaps go again. False when nothing was searched for."""
        was_searching, self._searching = self._searching, False
        self._most_items = self._section.batch_items
        return was_searching

    async def _next_batch(self) -> Batch:
        read, urgency, extras = self._stream.read, self._stream.urgency, not self._searching
        most_items, most_bytes = self._most_items, self._pace.most_bytes(self._section.batch_bytes)
        return await self._sender.read_batch(lambda store: read(store, most_items, most_bytes, extras), urgency)

    async def _send(self, batch: Batch) -> None:
        wire_bytes = await self._sender.send(batch, self._stream.urgency)
        now_s = self._clock.monotonic_s()
        self._pace.spent(wire_bytes, sum(len(waiting.row.body) for waiting in batch.items), now_s)
        self._backoff.succeeded(now_s)
        self._most_items = min(2 * self._most_items, self._section.batch_items)
        self._searching = self._searching and self._most_items < self._section.batch_items

    async def _refused(self, error: FleetError) -> None:
        batch = self.sending
        if error.whole_batch and batch is not None and batch.items:
            await self._halve(batch, error)
        elif error.unreachable or error.status in device_api.OVERLOADED_STATUSES:
            self._report_failure(error.reason)  # the gate, where every task waits, knows how long
        else:
            await self._wait(error.reason, min(error.retry_after_s, self._section.retry_after_cap_s))

    async def _halve(self, batch: Batch, error: FleetError) -> None:
        self._counters.add("uplink.halved")
        _LOG.warning("batch refused whole", extra={"task": self._stream.name, "items": len(batch.items), "reason": error.reason})
        if self._searching and len(batch.items) == 1:
            try:
                await self._sender.settle(batch, [Verdict(device_api.REFUSED, f"http_{error.status}")], {}, self._stream.urgency)
            except StoreError as full:
                await self._wait(full.reason)
        else:
            self._searching = True
            self._most_items = max(1, len(batch.items) // 2)

    async def _wait(self, reason: str, at_least_s: float = 0) -> None:
        self._report_failure(reason)
        await asyncio.sleep(self._backoff.failed(self._clock.monotonic_s(), at_least_s))

    def _report_failure(self, reason: str) -> None:
        self._counters.add("uplink.failures")
        self._errors.add("uplink", f"{self._stream.name}: {reason}")
        _LOG.warning("batch failed, will be tried again", extra={"task": self._stream.name, "reason": reason})

    async def _until_stored(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN_S):
                await self._stored.wait()
