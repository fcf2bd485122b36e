"""The means of the last hour of PM2.5, each read once a minute at most, whichever pages show it: an hour moves little in a minute."""

from collections.abc import Collection
from threading import Lock

from fleet.clock import Clock
from fleet.record import hour_means
from fleet.record.hour_means import HourMean
from fleet.store.reading import Reader

KEPT_MS = 60_000
# Of nodes; beyond, those that were read longest ago go.
MOST_KEPT = 10_000


class DustReader:
    def __init__(self, clock: Clock, reader: Reader) -> None:
        self._clock = clock
        self._reader = reader
        self._lock = Lock()
        self._kept: dict[str, tuple[int, list[HourMean]]] = {}  # until when, by node, the one that was read last at the end

    def read(self, nodes: Collection[str]) -> dict[str, list[HourMean]]:
        """Of each of the nodes, none where hour_means has none. In a thread of the reader; of those who ask at once one reads, and the
        others wait for it and take it."""
        asked_ms = self._clock.monotonic_ms()
        with self._lock:
            known = {name: kept[1] for name in nodes if (kept := self._kept.get(name)) and asked_ms < kept[0]}
            unknown = [name for name in nodes if name not in known]
            if not unknown:
                return known
            now_ms, began_ms = self._clock.utc_ms(), self._clock.monotonic_ms()
            found = self._reader.read_here(lambda connection: hour_means.of_dust(connection, unknown, now_ms))
            read = {name: found.get(name, []) for name in unknown}
            until_ms = max(began_ms + KEPT_MS, self._clock.monotonic_ms() + 1)
            for name, means in read.items():
                self._kept.pop(name, None)
                self._kept[name] = until_ms, means
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            return known | read
