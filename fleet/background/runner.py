"""The one runner of all work in the background: waits for the lease, then runs every work, each in a task of its own.

A work that fails is counted, logged, written down and begun again after a while that grows; it stops no other. Does not depend on what the
works do.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from fleet.background import lease as leases
from fleet.background import outcomes
from fleet.background.held import Desk, Held
from fleet.background.lease import RENEW_EVERY_S, Candidate, Lease
from fleet.errors import FleetError, LeaseLostError, OverloadedError

FAILED = "background_failures"
# Behind it a dot, and which work.
WORK_FAILED = "background_work_failures"
LEASES_LOST = "background_leases_lost"
_LONGEST_PAUSE_S = 300.0
# A step under way at a stop has so long to end.
_LAST_S = 5.0
_LOG = logging.getLogger(__name__)


class Work(Protocol):
    @property
    def name(self) -> str: ...

    async def run(self, held: Held) -> None:
        """Until it is cancelled: then the lease is lost, or the service stops."""


def pause_s(failures: int, chance: float) -> float:
    """After so many failures in a row: 1 s, doubled with each, at most five minutes; chance (0 to 1) spreads it over its upper half."""
    return min(_LONGEST_PAUSE_S, 2.0 ** min(failures - 1, 16)) * (0.5 + chance / 2)


class Runner:
    """holder: names this process to people. alone: no other process works on this record."""

    def __init__(self, desk: Desk, works: Sequence[Work], holder: str, alone: bool) -> None:
        self._desk = desk
        self._works = works
        self._holder = holder
        self._alone = alone

    async def run(self) -> None:
        """For ever, beside the application."""
        while True:
            lease = await self._taken()
            _LOG.info("works in the background from now on, as number %d", lease.fence)
            await self._work(lease)
            self._desk.counts[LEASES_LOST] += 1
            _LOG.warning("works in the background no longer: another process does, or the lease could not be renewed in time")

    def dispose(self) -> None:
        self._desk.reader.dispose()

    async def _taken(self) -> Lease:
        candidate = Candidate(self._alone)
        while True:
            try:
                found = await self._desk.reader.run(self._desk.reader.read_here, leases.find)
                if candidate.may_take(found, self._desk.clock.monotonic_ms()):
                    take = partial(leases.take, found=found, holder=self._holder, now_ms=self._desk.clock.utc_ms())
                    if lease := await asyncio.wrap_future(self._desk.writer.submit_when_calm(take)):
                        return lease
            except (FleetError, SQLAlchemyError):
                self._desk.counts[FAILED] += 1
            await asyncio.sleep(RENEW_EVERY_S)

    async def _work(self, lease: Lease) -> None:
        """Until the lease is lost."""
        held, lost = Held(self._desk, lease), asyncio.Event()
        tasks = [asyncio.create_task(self._keep(held, lost))]
        tasks += [asyncio.create_task(self._supervise(work, held, lost)) for work in self._works]
        try:
            await lost.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_LAST_S)
            with suppress(FleetError, SQLAlchemyError):
                await asyncio.wrap_future(self._desk.writer.submit(lambda connection: leases.give_back(connection, lease)))

    async def _keep(self, held: Held, lost: asyncio.Event) -> None:
        """Renews it. What cannot be renewed for so long that another may have it counts as lost."""
        clock = self._desk.clock
        renewed_ms = clock.monotonic_ms()
        while not lost.is_set():
            await asyncio.sleep(RENEW_EVERY_S)
            try:
                await held.write_at_once(lambda connection: leases.renew(connection, held.lease, held.now_ms))
                renewed_ms = clock.monotonic_ms()
            except LeaseLostError:
                lost.set()
            except (FleetError, SQLAlchemyError):
                self._desk.counts[FAILED] += 1
                if clock.monotonic_ms() - renewed_ms >= leases.LEASE_MS:
                    lost.set()

    async def _supervise(self, work: Work, held: Held, lost: asyncio.Event) -> None:
        failures = 0
        while True:
            try:
                await work.run(held)
            except LeaseLostError:
                lost.set()
                return
            except OverloadedError:
                # Deliveries come first: nothing is wrong with the work.
                failures = max(1, failures)
            except Exception as error:  # noqa: BLE001 - the edge of a work: counted, logged, written down; the others go on
                failures = await self._note(work, held, error)
            await asyncio.sleep(pause_s(max(1, failures), self._desk.random.random()))

    async def _note(self, work: Work, held: Held, error: Exception) -> int:
        """How often it has failed in a row."""
        self._desk.counts[FAILED] += 1
        self._desk.counts[f"{WORK_FAILED}.{work.name}"] += 1
        _LOG.error("%s failed", work.name, exc_info=error)
        fault = str(error) if isinstance(error, FleetError) else f"{type(error).__name__}: {error}"
        with suppress(FleetError, SQLAlchemyError):
            noted = await held.write(lambda connection: outcomes.failed(connection, work.name, held.now_ms, fault))
            return noted.failures
        return 1
