"""A store with its writer, for tests of what is done in the background, and short words for its jobs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from anyio import CapacityLimiter
from sqlalchemy import Connection, Engine, select

from fleet.background import jobs, lease
from fleet.background.held import Desk, Held
from fleet.background.jobs import Job
from fleet.background.runner import Runner, Work
from fleet.devices.tables import limit_counter
from fleet.store.dialect import add_to_counter, for_reading
from fleet.store.reading import Reader
from fleet.store.writer import Writer
from fleet.tests.district import START_MS, SetClock

WITHIN_S = 30


class Bench:
    """A store, its writer, and runners on it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = Writer(engine)
        self.time = SetClock()
        self.counts = Counter[str]()

    def desk(self) -> Desk:
        threads = CapacityLimiter(4)
        reader = Reader(for_reading(self.engine), threads, self.counts)
        return Desk(reader, self.writer, self.time.clock(), threads, self.counts, Random(1))

    def write(self, work: Callable[[Connection], Any]) -> Any:
        return self.writer.submit(work).result(WITHIN_S)

    def read(self, work: Callable[[Connection], Any]) -> Any:
        with self.engine.connect() as connection:
            return work(connection)

    def lease(self, holder: str = "a:1") -> lease.Lease:
        taken = self.write(lambda connection: lease.take(connection, lease.find(connection), holder, START_MS))
        assert isinstance(taken, lease.Lease)
        return taken

    def held(self, holder: str = "a:1") -> Held:
        return Held(self.desk(), self.lease(holder))

    def count(self, name: str) -> int:
        query = select(limit_counter.c.count).where(limit_counter.c.name == name)
        return int(self.read(lambda connection: connection.execute(query).scalar()) or 0)

    def job(self, id_: int) -> Job:
        found: Job = self.read(lambda connection: jobs.job_of(connection, id_))
        return found

    def ask(self, kind: str = "count", **parameters: Any) -> int:
        return int(self.write(lambda connection: jobs.ask(connection, kind, "ada", parameters, START_MS))[0].id)

    @asynccontextmanager
    async def running(self, *works: Work) -> AsyncIterator[None]:
        task = asyncio.create_task(Runner(self.desk(), works, "a:1", alone=True).run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not true():
            await asyncio.sleep(0.01)


def add_one(name: str) -> Callable[[Connection], None]:
    return lambda connection: add_to_counter(connection, limit_counter, {"name": name, "count": 1})
