"""What work in the background is given: to read, to write while the lease is held, and the time. Decides nothing.

Reading and computing happen in threads of the background, and each write is one piece of the one writer of the process: short, so that
deliveries between two of them wait for none, and only while few wait: the background never has the place of a delivery.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection

from fleet.background import lease as leases
from fleet.background.lease import Lease
from fleet.clock import Clock
from fleet.store.reading import Reader
from fleet.store.writer import Writer

T = TypeVar("T")
Work = Callable[[Connection], T]

# Beyond, a write of the background was too long: it is counted, so that it is divided further.
LONGEST_WRITE_MS = 250
LONG_WRITES = "background_long_writes"


@dataclass(frozen=True)
class Desk:
    """threads: of steps; as many as there are works, so that none waits for another. counts: those of the service."""

    reader: Reader
    writer: Writer
    clock: Clock
    threads: CapacityLimiter
    counts: Counter[str]
    random: Random


class Held:
    """While the lease is held."""

    def __init__(self, desk: Desk, lease: Lease) -> None:
        self.desk = desk
        self.lease = lease

    @property
    def now_ms(self) -> int:
        return self.desk.clock.utc_ms()

    async def read(self, work: Work[T]) -> T:
        return await to_thread.run_sync(self.desk.reader.read_here, work, limiter=self.desk.threads)

    async def write(self, work: Work[T]) -> T:
        """Returns after the commit. Raises LeaseLostError: nothing was written; OverloadedError."""
        return await asyncio.wrap_future(self.desk.writer.submit_when_calm(self._fenced(work)))

    async def write_at_once(self, work: Work[T]) -> T:
        """As write, also where much waits: for a few rows that must not come late."""
        return await asyncio.wrap_future(self.desk.writer.submit(self._fenced(work)))

    async def in_thread(self, step: Callable[["Turn"], T]) -> T:
        return await to_thread.run_sync(step, Turn(self), limiter=self.desk.threads)

    def write_here(self, work: Work[T]) -> T:
        return self.desk.writer.submit_when_calm(self._fenced(work)).result()

    def _fenced(self, work: Work[T]) -> Work[T]:
        def fenced(connection: Connection) -> T:
            leases.check(connection, self.lease)
            began_ms = self.desk.clock.monotonic_ms()
            done = work(connection)
            if self.desk.clock.monotonic_ms() - began_ms > LONGEST_WRITE_MS:
                self.desk.counts[LONG_WRITES] += 1
            return done

        return fenced


class Turn:
    """One step, in a thread of its own: it reads, computes, and writes in pieces."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self.now_ms = held.now_ms

    def read(self, work: Work[T]) -> T:
        """A connection that cannot write. All that `work` reads is of one moment."""
        return self._held.desk.reader.read_here(work)

    def write(self, work: Work[T]) -> T:
        """Returns after the commit, in which the lease was still held. Raises LeaseLostError: nothing was written; OverloadedError."""
        return self._held.write_here(work)
