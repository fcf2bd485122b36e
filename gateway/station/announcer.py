"""Events of the gateway itself: stored as items of its own name (ADR 0009), sent with the alarms."""

from typing import Any

from contract import messages
from gateway.store.delivery.fate import OwnItem
from gateway.store.site.station import PendingItem
from gateway.store.writer import Writer
from gateway.time.site_time import SiteTime


class Announcer:
    def __init__(self, writer: Writer, site: SiteTime, started_s: float) -> None:
        """`started_s`: monotonic; from there the gateway's own uptime counts."""
        self._writer = writer
        self._site = site
        self._started_s = started_s

    async def event(self, key: str, particulars: dict[str, Any]) -> OwnItem:
        """When it returns, the event is safe. Raises StoreError."""
        now_ms, error_ms, _ = self._site.now()
        uptime_ms = int(1000 * (self._site.monotonic_s() - self._started_s))
        (stored,) = await self._writer.publish([PendingItem(messages.EVENT, {"k": key, "a": particulars}, uptime_ms, now_ms, error_ms)])
        return stored
