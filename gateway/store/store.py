"""Everything that lives in buffer.sqlite, over one connection. Opened, and opened again, by the writer thread."""

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from gateway.configuration import BufferSection
from gateway.store.arrivals import Arrivals
from gateway.store.boot_clocks import BootClocks
from gateway.store.buffer import Buffer
from gateway.store.data_months import DataMonths
from gateway.store.database import FILE_NAME, is_damage, open_database, set_aside
from gateway.store.dating import Limits
from gateway.store.eviction import Eviction
from gateway.store.health_records import HealthRecords
from gateway.store.losses import bound
from gateway.store.outbox import Outbox
from gateway.store.station import Station
from gateway.store.track import Track


@dataclass(frozen=True)
class Store:
    connection: sqlite3.Connection
    clocks: BootClocks
    arrivals: Arrivals
    buffer: Buffer
    outbox: Outbox
    eviction: Eviction
    health: HealthRecords
    station: Station
    data_months: DataMonths
    track: Track

    def close(self) -> None:
        self.connection.close()


@dataclass(frozen=True)
class Opened:
    """`set_aside`: the damaged or foreign file that a fresh one replaced."""

    store: Store
    set_aside: Path | None


@dataclass(frozen=True)
class StoreOpener:
    """`station`: the name under which the gateway itself speaks."""

    state: Path
    limits: Limits
    budget_bytes: int
    station: str

    def open(self, now_ms: int) -> Opened:
        """Raises sqlite3.Error when the disk is the trouble (full, read-only, gone), not the file."""
        path = self.state / FILE_NAME
        aside = None
        try:
            connection = open_database(path, self.budget_bytes)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            aside = set_aside(path, now_ms)
            connection = open_database(path, self.budget_bytes)
        return Opened(self._assemble(connection, path), aside)

    def open_after_damage(self, damaged: Store, now_ms: int) -> Opened:
        """The file turned out to be damaged while it was in use."""
        damaged.close()
        path = self.state / FILE_NAME
        aside = set_aside(path, now_ms)
        return Opened(self._assemble(open_database(path, self.budget_bytes), path), aside)

    def _assemble(self, connection: sqlite3.Connection, path: Path) -> Store:
        clocks, arrivals, track = BootClocks(connection, self.limits), Arrivals(connection), Track(connection)
        station = Station(connection, self.station, os.urandom(4))
        return Store(
            connection,
            clocks,
            arrivals,
            Buffer(connection, clocks),
            Outbox(connection, clocks, arrivals, track),
            Eviction(connection, path, self.budget_bytes),
            HealthRecords(connection),
            station,
            DataMonths(connection, station),
            track,
        )


def tidy(store: Store, section: BufferSection, now_ms: int) -> int:
    """The slow upkeep, a slice at a time. Returns how many sent items expired; a full slice means that more may wait."""
    bound(store.connection, section.refused_rows, section.gap_rows)
    store.clocks.prune()
    return store.eviction.expire(now_ms - 1000 * section.sent_retention_s)
