"""The last hours of a quantity at all sites, whichever of them a page shows."""

from fleet.clock import Clock
from fleet.pages.kept import Kept
from fleet.record import site_hours
from fleet.record.site_hours import SiteHours
from fleet.store.reading import Reader

HOURS = 24
MOST_QUANTITIES = 12


class HoursReader:
    def __init__(self, clock: Clock, reader: Reader) -> None:
        self._clock = clock
        self._reader = reader
        self._kept = Kept(clock.monotonic_ms, self._read, MOST_QUANTITIES)

    def read(self, quantity: str) -> SiteHours:
        """quantity: of contract.quantities. In a thread of the reader."""
        return self._kept.get(quantity)

    def _read(self, quantity: str) -> SiteHours:
        starts = site_hours.starts_before(self._clock.utc_ms(), HOURS)
        return self._reader.read_here(lambda connection: site_hours.read(connection, quantity, starts))
