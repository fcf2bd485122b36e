"""What the routes work with: the store, its writer, the keys, the limits. Put together by application.py; decides nothing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from prometheus_client import Histogram
from sqlalchemy import Connection

from contract.site import device_api_keys as keys
from fleet.alarms.reported import record_alarm
from fleet.clock import Clock
from fleet.configuration.document_hold import DocumentHold
from fleet.configuration.signing import SigningKey
from fleet.configuration.version_watch import VersionWatch
from fleet.devices.registration import Consequences
from fleet.http.rate_limit import RateLimit
from fleet.metrics import ITEMS
from fleet.options import Configuration
from fleet.people.audit import Act
from fleet.people.authentication import Authenticator
from fleet.people.open_requests import OpenRequests
from fleet.people.person import Person
from fleet.readiness import Readiness
from fleet.record.ingest.items import Batch
from fleet.record.ingest.record import Delivery, Result, record
from fleet.record.ingest.series import SeriesCatalogue, SeriesView
from fleet.store.news import News
from fleet.store.reading import Reader
from fleet.store.writer import Writer
from host.listening.addresses import Addresses

T = TypeVar("T")


@dataclass(frozen=True)
class Service:
    """counts: of what happened to requests and to what they brought, since the start, by name. durations: of requests."""

    configuration: Configuration
    clock: Clock
    gateways: Reader
    people: Reader
    writer: Writer
    signing_key: SigningKey
    consequences: Consequences
    news: News
    watch: VersionWatch
    authenticator: Authenticator
    addresses: Addresses
    open_requests: OpenRequests
    catalogue: SeriesCatalogue
    ingest_limit: RateLimit
    counts: Counter[str]
    started_ms: int
    hold: DocumentHold
    readiness: Readiness
    durations: Histogram

    def read(self, work: Callable[[Connection], T]) -> T:
        """For people, in the thread of their request."""
        return self.people.read_here(work)

    async def consult(self, work: Callable[[Connection], T]) -> T:
        """For people, of whom no thread is taken yet. Raises OverloadedError."""
        self.people.admit()
        return await self.people.read(work)

    async def look_up(self, work: Callable[[Connection], T]) -> T:
        """For gateways."""
        return await self.gateways.read(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Returns after the commit. No thread waits for it: those of the pool are for reading."""
        return await asyncio.wrap_future(self.writer.submit(work))

    def notify(self, documents: Mapping[str, int]) -> None:
        """After the commit: gateways that wait for a newer document have one. documents: gateway -> version."""
        for gateway, version in documents.items():
            self.watch.notify(gateway, version)

    def access_ended(self) -> None:
        """A token was ended, here or elsewhere: what is open by it ends now, not only at the next look."""
        self.authenticator.forget()
        self.open_requests.look_now()

    def act(self, person: Person, reason: str = "") -> Act:
        return Act(person.who, self.clock.utc_ms(), reason, person.kind, person.address)

    async def ingest(self, gateway: str, batch: Batch, clock_skew_ms: int | None) -> list[Result]:
        """Returns after the commit."""
        delivery = Delivery(gateway, batch, self.clock.utc_ms(), clock_skew_ms)

        def work(connection: Connection) -> tuple[list[Result], SeriesView]:
            view = SeriesView(connection, self.catalogue)
            return record(connection, delivery, view, record_alarm), view

        results, view = await self.write(work)
        self.catalogue.learn(view)
        self.counts.update(f"{ITEMS}.{result[keys.STATUS]}" for result in results)
        return results
