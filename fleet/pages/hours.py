"""The last hours of a quantity at all sites, each read once a minute at most, whichever of them a page shows."""

from collections import OrderedDict
from threading import Lock

from fleet.clock import Clock
from fleet.record import site_hours
from fleet.record.site_hours import SiteHours
from fleet.store.reading import Reader

HOURS = 24
KEPT_MS = 60_000
# Of quantities; beyond, the one that nobody has looked at for longest goes.
MOST_KEPT = 12


class HoursReader:
    def __init__(self, clock: Clock, reader: Reader) -> None:
        self._clock = clock
        self._reader = reader
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[int, SiteHours]] = OrderedDict()  # until when, by quantity

    def read(self, quantity: str) -> SiteHours:
        """quantity: of contract.quantities. In a thread of the reader; of those who ask at once one reads, and the others wait for it."""
        asked_ms = self._clock.monotonic_ms()
        with self._lock:
            kept = self._kept.get(quantity)
            if kept is None or asked_ms >= kept[0]:
                starts, began_ms = site_hours.starts_before(self._clock.utc_ms(), HOURS), self._clock.monotonic_ms()
                found = self._reader.read_here(lambda connection: site_hours.read(connection, quantity, starts))
                kept = self._kept[quantity] = max(began_ms + KEPT_MS, self._clock.monotonic_ms() + 1), found
            self._kept.move_to_end(quantity)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return kept[1]
