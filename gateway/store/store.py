"""Everything that lives in buffer.sqlite, over one connection. Opened, and opened again, by the writer thread."""

import os
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

from contract.messages import EVENT
from gateway.store.buffer import Buffer
from gateway.store.database import FILE_NAME, Reserve, is_damage, open_database, transaction
from gateway.store.delivery.delivery import Delivery
from gateway.store.delivery.in_flight import InFlight
from gateway.store.delivery.outbox import Outbox
from gateway.store.health_records import HealthRecords
from gateway.store.items.known_numbers import KnownNumbers
from gateway.store.site.arrivals import Arrivals
from gateway.store.site.boot_clocks import BootClocks
from gateway.store.site.data_months import DataMonths
from gateway.store.site.dating import Limits
from gateway.store.site.item_dates import ItemDates
from gateway.store.site.station import PendingItem, Station
from gateway.store.site.track import Track
from gateway.store.space.eviction import Eviction
from gateway.store.space.set_aside import SET_ASIDE_EVENT, SetAside, set_aside
from gateway.store.space.thinning import Thinning

# Of the budget, for each report that is thinned in one transaction: its log stays within the sixteenth that the log may take.
_BYTES_TO_THIN_ONE = 4096


@dataclass(frozen=True)
class Store:
    connection: sqlite3.Connection
    clocks: BootClocks
    arrivals: Arrivals
    numbers: KnownNumbers
    delivery: Delivery
    buffer: Buffer
    outbox: Outbox
    eviction: Eviction
    health: HealthRecords
    station: Station
    data_months: DataMonths
    track: Track

    def close(self) -> None:
        """Everything else is on the disk. Raises sqlite3.Error: a start finds out by itself what could not be saved."""
        try:
            self.delivery.save_now()
            self.numbers.save_now()
        finally:
            self.connection.close()


@dataclass(frozen=True)
class Opened:
    """`set_aside`: the file that a fresh one replaced, because it is damaged, foreign or of a newer version."""

    store: Store
    set_aside: SetAside | None


@dataclass(frozen=True)
class StoreOpener:
    """`station`: the name under which the gateway itself speaks."""

    state: Path
    limits: Limits
    budget_bytes: int
    station: str

    def open(self, now_ms: int, clock_error_ms: int | None = None) -> Opened:
        """`clock_error_ms`: of this machine's clock by now; None: as the limits say.

        Raises sqlite3.Error when the disk is the trouble (full, read-only, gone), not the file.
        """
        path, limits = self.state / FILE_NAME, self._limits(clock_error_ms)
        try:
            return Opened(self._assemble(open_database(path, self.budget_bytes), path, limits), None)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return self._open_fresh(path, str(error), now_ms, limits)

    def open_after_damage(self, damaged: Store, reason: str, now_ms: int, clock_error_ms: int | None = None) -> Opened:
        """The file turned out to be damaged while it was in use."""
        damaged.connection.close()
        return self._open_fresh(self.state / FILE_NAME, reason, now_ms, self._limits(clock_error_ms))

    def _limits(self, clock_error_ms: int | None) -> Limits:
        return self.limits if clock_error_ms is None else replace(self.limits, clock_error_ms=clock_error_ms)

    def _open_fresh(self, path: Path, reason: str, now_ms: int, limits: Limits) -> Opened:
        aside = set_aside(path, reason, now_ms)
        store = self._assemble(open_database(path, self.budget_bytes), path, limits)
        fields = {"k": SET_ASIDE_EVENT, "a": aside.particulars()}
        with transaction(store.connection):
            store.station.publish([PendingItem(EVENT, fields, 0, now_ms, limits.clock_error_ms)], now_ms)
        return Opened(store, aside)

    def _assemble(self, connection: sqlite3.Connection, path: Path, limits: Limits) -> Store:
        clocks, arrivals, track = BootClocks(connection, limits), Arrivals(connection), Track(connection)
        dates, station, reserve = ItemDates(clocks, arrivals), Station(connection, self.station, os.urandom(4)), Reserve(connection)
        numbers, delivery = KnownNumbers(connection, reserve), Delivery(connection, reserve, InFlight.of_budget(self.budget_bytes))
        most_reports = max(200, self.budget_bytes // _BYTES_TO_THIN_ONE)
        thinning = Thinning(connection, dates, station, numbers, delivery, most_reports)
        return Store(
            connection,
            clocks,
            arrivals,
            numbers,
            delivery,
            Buffer(connection, clocks, numbers, delivery),
            Outbox(connection, clocks, dates, track, numbers, delivery),
            Eviction(connection, path, self.budget_bytes, thinning, numbers, delivery),
            HealthRecords(connection, delivery),
            station,
            DataMonths(connection, station),
            track,
        )
