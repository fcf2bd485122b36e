"""Runs the jobs that were asked for, one after the other: the oldest first, from where each was left."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from fleet.background import jobs
from fleet.background.held import Held, Turn
from fleet.background.jobs import Claimed
from fleet.errors import FleetError, LeaseLostError, OverloadedError

JOBS_FAILED = "background_jobs_failed"
_LOOK_EVERY_S = 1.0
# A store that is away: the job waits, and is not at fault.
_NOT_OF_THE_JOB = (LeaseLostError, OverloadedError, DBAPIError)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a step has done. work: what it writes, in the commit of the progress. result: not None when the job is done."""

    done: int
    total: int | None
    cursor: Any
    work: Callable[[Connection], None] | None = None
    result: Mapping[str, Any] | None = None


# One bounded piece of a job.
JobStep = Callable[[Turn, Claimed], Progress]


class JobLane:
    """under_way: ids of all lanes of this process."""

    def __init__(self, name: str, kinds: Mapping[str, JobStep], under_way: set[int]) -> None:
        self.name = name
        self._kinds = kinds
        self._under_way = under_way

    async def run(self, held: Held) -> None:
        while True:
            found = await held.read(partial(jobs.next_open, kinds=list(self._kinds), under_way=set(self._under_way)))
            if found is None or found[0] in self._under_way:
                await asyncio.sleep(_LOOK_EVERY_S)
                continue
            await self._run_job(held, *found)

    async def _run_job(self, held: Held, id_: int, kind: str) -> None:
        self._under_way.add(id_)
        try:
            claimed = await held.write(lambda connection: jobs.start(connection, id_, held.now_ms))
            while claimed:
                claimed = await self._step_when_calm(held, claimed, self._kinds[kind])
        except _NOT_OF_THE_JOB:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of a job: it has failed, and says why; others go on
            await self._fail(held, id_, kind, error)
        finally:
            self._under_way.discard(id_)

    async def _step_when_calm(self, held: Held, claimed: Claimed, step: JobStep) -> Claimed | None:
        """Deliveries come first: while more waits than can be written the job waits too, and has not begun anew."""
        while True:
            try:
                return await self._step(held, claimed, step)
            except OverloadedError as error:
                await asyncio.sleep(error.retry_after_s)

    async def _step(self, held: Held, claimed: Claimed, step: JobStep) -> Claimed | None:
        """Where it goes on; None when it has ended."""
        progress = await held.in_thread(lambda turn: step(turn, claimed))

        def commit(connection: Connection) -> Claimed | None:
            if progress.work:
                progress.work(connection)
            goes_on = jobs.save(connection, claimed.id, progress.done, progress.total, progress.cursor)
            if progress.result is not None:
                jobs.end(connection, claimed.id, "done", held.now_ms, progress.result)
                return None
            if not goes_on:
                jobs.end(connection, claimed.id, "cancelled", held.now_ms)
                return None
            return Claimed(claimed.id, claimed.parameters, progress.cursor)

        return await held.write(commit)

    async def _fail(self, held: Held, id_: int, kind: str, error: Exception) -> None:
        held.desk.counts[JOBS_FAILED] += 1
        _LOG.error("job %d (%s) failed", id_, kind, exc_info=error)
        fault = str(error) if isinstance(error, FleetError) else f"{type(error).__name__}: {error}"
        found = error.found if isinstance(error, FleetError) else None
        await held.write(lambda connection: jobs.end(connection, id_, "failed", held.now_ms, found, fault))
