"""One batch from the buffer to the fleet, and its answer back. All sending tasks share it; each call stands for itself."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from contract.site import device_api
from gateway.store.delivery.batch import Batch, Verdict
from gateway.store.store import Store
from gateway.store.store_thread import Urgency
from gateway.store.writer import Writer
from gateway.telemetry import Telemetry
from gateway.time.site_time import SiteTime
from gateway.uplink.fleet_api import FleetApi
from gateway.uplink.ingest_body import gaps_taken, ingest_body, read_verdicts

_LOG = logging.getLogger(__name__)
_NO_THREAD = 20  # items that are written out faster than a thread is asked for


class Sender:
    """`usable`: set when the time is known well enough to date what is sent. `on_receipt`: the fleet has committed a batch that
    was sent at that moment, monotonic s."""

    def __init__(
        self,
        api: FleetApi,
        writer: Writer,
        site: SiteTime,
        usable: asyncio.Event,
        telemetry: Telemetry,
        on_receipt: Callable[[float], None],
    ) -> None:
        self._api = api
        self._writer = writer
        self._site = site
        self._usable = usable
        self._counters = telemetry.counters
        self._errors = telemetry.errors
        self._on_receipt = on_receipt

    async def ready(self) -> None:
        """Returns when the fleet may be asked, and items can be dated."""
        await self._api.link.open()
        await self._usable.wait()

    async def read_batch(self, read: Callable[[Store], Batch], urgency: Urgency) -> Batch:
        """Raises StoreError."""
        return await self._writer.call(read, urgency)

    async def send(self, batch: Batch, urgency: Urgency) -> int:
        """Bytes of the body that the fleet has answered for. Raises FleetError: nothing is concluded; StoreError: it will be sent again."""
        # Off the loop: compressing a full batch takes as long as dozens of acknowledgements.
        body = ingest_body(batch) if len(batch.items) <= _NO_THREAD else await asyncio.to_thread(ingest_body, batch)
        asked_s = self._site.monotonic_s()
        answer = await self._api.ingest(body)
        await self.settle(batch, read_verdicts(answer, len(batch.items)), answer, urgency)
        self._counters.add("uplink.batches")
        self._on_receipt(asked_s)
        return len(body)

    async def settle(self, batch: Batch, verdicts: list[Verdict], answer: dict[str, Any], urgency: Urgency) -> None:
        taken, now_ms = gaps_taken(answer, batch), self._site.utc_ms()
        counts = await self._writer.call(lambda store: store.outbox.settle(batch, verdicts, gaps_taken=taken, now_ms=now_ms), urgency)
        for name, number in counts.items():
            self._counters.add(name, number)
        for waiting, verdict in zip(batch.items, verdicts):
            if verdict.status == device_api.REFUSED:
                row = waiting.row
                self._errors.add("uplink", f"{row.node} boot {row.boot} seq {row.seq} refused by the fleet: {verdict.reason}")
                _LOG.warning("refused by the fleet", extra={"node": row.node, "boot": row.boot, "seq": row.seq, "reason": verdict.reason})
