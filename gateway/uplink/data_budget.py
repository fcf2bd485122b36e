"""The monthly budget of a metered line: counts what is exchanged with the fleet, warns, and lets only summaries go when it is used up.

Alarms and all other events are exempt, and so are questions for the desired document. By the rule "summaries" the reports of every hour
that is over become hourly summaries, as in a full buffer; by "wait" they stay as they are until the next month, or until the buffer needs
their room. A kill loses the count of the last minute.
"""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial

from gateway.configuration import FleetSection
from gateway.counters import Counters
from gateway.errors import StoreError
from gateway.store.site.data_months import Used
from gateway.store.store import Store
from gateway.store.store_thread import Urgency
from gateway.store.writer import Writer
from gateway.time.site_time import SiteTime
from gateway.uplink.traffic import Traffic

_SAVE_S = 60.0  # a write to the disk each time
_ALL_PERCENT = 100
_SUMMARISED_AFTER_MS = 900_000  # the end of an hour: what comes later has a summary of its own
_SLICE_ROWS = 500


class DataBudget:
    """`on_event`: there may be new items to send."""

    def __init__(
        self, traffic: Traffic, writer: Writer, section: FleetSection, site: SiteTime, counters: Counters, on_event: Callable[[], None]
    ) -> None:
        self._traffic = traffic
        self._writer = writer
        self._budget_bytes = section.data_budget_bytes
        self._shares = (section.data_warning_percent, _ALL_PERCENT)
        self._gives_summaries = section.data_budget_rule == "summaries"
        self._site = site
        self._counters = counters
        self._on_event = on_event
        self._began_s = site.monotonic_s()
        self._saving = 0
        self.used: Used | None = None

    def lets_reports_go(self) -> bool:
        """Not before the count of the month is known; what has not been written down yet counts too."""
        if not self._budget_bytes:
            return True
        return self.used is not None and self.used.bytes + self._saving + self._traffic.waiting < self._budget_bytes

    @property
    def is_used_up(self) -> bool:
        """For certain: what is written down is enough for it."""
        return bool(self._budget_bytes) and self.used is not None and self.used.bytes >= self._budget_bytes

    def summary(self) -> dict[str, str | int | bool] | None:
        """For `status`; in whole megabytes, so that it changes rarely."""
        if self.used is None:
            return None
        return {"month": self.used.month, "used_mb": self.used.bytes // 1_000_000, "reports_go": self.lets_reports_go()}

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_SAVE_S)

    async def look(self) -> None:
        """Counts, and does what the rule asks for."""
        await self.save()
        if self._gives_summaries and self.is_used_up:
            await self.summarise(self._site.utc_ms())

    async def save(self) -> None:
        up, down = self._traffic.pop_all()
        self._saving += up + down
        moment, uptime_ms = self._site.now(), round(1000 * (self._site.monotonic_s() - self._began_s))
        try:
            self.used = await self._writer.call(
                lambda store: store.data_months.add(up, down, self._budget_bytes, self._shares, moment, uptime_ms)
            )
        except StoreError:
            self._traffic.put_back(up, down)  # reported by the writer
        else:
            self._counters.add("items.stored", self.used.events)
        self._saving -= up + down
        self._on_event()

    async def summarise(self, now_ms: int) -> None:
        """The reports of every hour that is over by then, a slice at a time."""
        thin = partial(_thin, now_ms=now_ms, before_ms=now_ms - _SUMMARISED_AFTER_MS)
        with contextlib.suppress(StoreError):  # a disk that cannot be written is reported by the writer
            while (made := await self._writer.call(thin, Urgency.LATER)) != {}:
                for name, number in (made or {}).items():
                    self._counters.add(name, number)
        self._on_event()


def _thin(store: Store, now_ms: int, before_ms: int) -> dict[str, int] | None:
    return store.eviction.thinning.thin_a_little(now_ms, _SLICE_ROWS, before_ms)
