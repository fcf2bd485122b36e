"""When a stored item happened: by the clock of its boot, and by how well the time was known when it arrived."""

from gateway.items import Row
from gateway.store.site.arrivals import Arrivals
from gateway.store.site.boot_clocks import BootClocks
from gateway.store.site.dating import Dated


class ItemDates:
    def __init__(self, clocks: BootClocks, arrivals: Arrivals) -> None:
        self._clocks = clocks
        self._arrivals = arrivals

    def date(self, id_: int, row: Row) -> Dated:
        return self._clocks.date(row, unsure=self._arrivals.is_unsure(id_))

    @property
    def clock_error_ms(self) -> int:
        """Of what this machine dates now."""
        return self._clocks.clock_error_ms
