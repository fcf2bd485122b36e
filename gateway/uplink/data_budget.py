"""The monthly budget of a metered line: counts what is exchanged with the fleet, warns, and holds reports back when it is used up.

Alarms and all other events are exempt, and so are questions for the desired document. Reports stay in the buffer until the next month, or
until the buffer itself thins them. A kill loses the count of the last minute.
"""

import asyncio
from collections.abc import Callable

from gateway import clock
from gateway.configuration import FleetSection
from gateway.errors import StoreError
from gateway.site_time import SiteTime
from gateway.store.data_months import Used
from gateway.store.writer import Writer
from gateway.uplink.traffic import Traffic

_SAVE_S = 60.0  # a write to the disk each time
_ALL_PERCENT = 100


class DataBudget:
    """`on_event`: the station has something new to say."""

    def __init__(self, traffic: Traffic, writer: Writer, section: FleetSection, site: SiteTime, on_event: Callable[[], None]) -> None:
        self._traffic = traffic
        self._writer = writer
        self._budget_bytes = section.data_budget_bytes
        self._shares = (section.data_warning_percent, _ALL_PERCENT)
        self._site = site
        self._on_event = on_event
        self._began_s = clock.monotonic_s()
        self.used: Used | None = None

    def lets_reports_go(self) -> bool:
        return not (self._budget_bytes and self.used and self.used.bytes >= self._budget_bytes)

    def summary(self) -> dict[str, str | int | bool] | None:
        """For `status`; in whole megabytes, so that it changes rarely."""
        if self.used is None:
            return None
        return {"month": self.used.month, "used_mb": self.used.bytes // 1_000_000, "reports_go": self.lets_reports_go()}

    async def run(self) -> None:
        while True:
            await self.save()
            await asyncio.sleep(_SAVE_S)

    async def save(self) -> None:
        up, down = self._traffic.take()
        moment, uptime_ms = self._site.now(), round(1000 * (clock.monotonic_s() - self._began_s))
        try:
            self.used = await self._writer.call(
                lambda store: store.data_months.add(up, down, self._budget_bytes, self._shares, moment, uptime_ms)
            )
        except StoreError:
            self._traffic.put_back(up, down)  # noted where it hurts
        self._on_event()
