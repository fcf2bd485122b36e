"""The move of arrivals when the time becomes known: once a process, before anything that was stamped by the new clock is stored."""

from gateway.store.site.arrivals import Arrivals


class ArrivalMove:
    """`begin` on the event loop; `perform` on the writer thread."""

    def __init__(self) -> None:
        self._moved_ms: int | None = None
        self.is_done = False

    @property
    def is_due(self) -> bool:
        return self._moved_ms is not None and not self.is_done

    def begin(self, moved_ms: int) -> None:
        self._moved_ms = moved_ms

    def perform(self, arrivals: Arrivals) -> None:
        """Raises sqlite3.Error: it is still due then."""
        if self._moved_ms is not None and not self.is_done:
            arrivals.known(self._moved_ms)
            self.is_done = True
