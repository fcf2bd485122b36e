"""Reading the store, by kinds of readers that share neither threads nor connections nor places to wait: gateways, with what belongs to
every request (whose a token is); people with a token; and everybody (fleet/pages/public.py). Does not depend on what is read.

However many people ask, what a delivery needs is free. Who asks while too many wait is answered that at once.
"""

from collections import Counter
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from fleet.errors import OverloadedError, TooSlowError
from fleet.store.dialect import was_cut_short

T = TypeVar("T")
Given = TypeVarTuple("Given")
Work = Callable[[Connection], T]

GATEWAY_THREADS = 12
PEOPLE_THREADS = 6
# Questions of people that wait for a thread; beyond: 503.
MOST_WAITING = 100
RETRY_AFTER_S = 3
# Of one statement of people.
LONGEST_S = 10.0

READERS_REFUSED = "readers_refused"
READS_TOO_SLOW = "reads_too_slow"


def set_people_threads() -> None:
    """Within the loop, before it serves."""
    to_thread.current_default_thread_limiter().total_tokens = PEOPLE_THREADS


class Reader:
    """threads: how many questions are answered at once, each with a connection of its own; None: those in which FastAPI runs what is
    not asynchronous, which set_people_threads limits. longest_s: of one statement, as the engine has it."""

    def __init__(self, engine: Engine, threads: CapacityLimiter | None, counts: Counter[str], longest_s: float = LONGEST_S) -> None:
        self._engine = engine
        self._threads = threads
        self._counts = counts
        self._longest_s = longest_s

    def read_here(self, work: Work[T]) -> T:
        """In this thread, which is one of its own. Raises TooSlowError where the engine has a limit of time."""
        try:
            with self._engine.connect() as connection:
                return work(connection)
        except DBAPIError as error:
            if not was_cut_short(error):
                raise
            self._counts[READS_TOO_SLOW] += 1
            raise TooSlowError(self._longest_s) from error

    async def read(self, work: Work[T]) -> T:
        return await self.run(self.read_here, work)

    async def run(self, function: Callable[[Unpack[Given]], T], *given: *Given) -> T:
        """In one of the same threads, without a connection."""
        return await to_thread.run_sync(function, *given, limiter=self._threads)

    def admit(self) -> None:
        """Raises OverloadedError when too many wait already."""
        threads = self._threads or to_thread.current_default_thread_limiter()
        if threads.statistics().tasks_waiting >= MOST_WAITING:
            self._counts[READERS_REFUSED] += 1
            raise OverloadedError(RETRY_AFTER_S)

    def dispose(self) -> None:
        self._engine.dispose()
