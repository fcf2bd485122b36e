"""Whether this service can do its work now: its store takes what is written and has the form of this version, and its folder has room.

It is asked by a proxy that has several services, often and by anybody: so each part has its time, and one answer is given to all who ask
within CACHED_MS.
"""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from fleet.errors import OverloadedError
from fleet.store.engine import newest_revision, rewritten_revision
from fleet.store.writer import Writer

CACHED_MS = 2000
WITHIN_S = 3.0
# Less than what doctor warns of: then somebody should act; with this little the next hours are in danger.
LEAST_FREE_BYTES = 200_000_000

# What is wrong, in words that anybody may read; None: nothing.
Probe = Callable[[], Awaitable[str | None]]


class Readiness:
    def __init__(self, probes: Mapping[str, Probe], monotonic_ms: Callable[[], int], within_s: float = WITHIN_S) -> None:
        self._probes = probes
        self._monotonic_ms = monotonic_ms
        self._within_s = within_s
        self._asking: asyncio.Task[dict[str, str | None]] | None = None
        self._asked_ms = 0

    async def faults(self) -> dict[str, str | None]:
        """By part what is wrong with it."""
        now_ms = self._monotonic_ms()
        if self._asking is None or (self._asking.done() and now_ms - self._asked_ms >= CACHED_MS):
            self._asked_ms = now_ms
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)  # one who leaves takes it from nobody

    async def _ask(self) -> dict[str, str | None]:
        faults = await asyncio.gather(*(self._bounded(probe) for probe in self._probes.values()))
        return dict(zip(self._probes, faults))

    async def _bounded(self, probe: Probe) -> str | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._within_s):
                return await probe()
        return f"no answer within {self._within_s:.0f} s"


def probes_of(writer: Writer, state: Path) -> dict[str, Probe]:
    wanted = newest_revision()

    async def store() -> str | None:
        try:
            found = await asyncio.wrap_future(writer.submit(rewritten_revision))
        except OverloadedError:
            return "more waits to be written than may"
        except SQLAlchemyError:  # the log of the service says why
            return "cannot be written"
        return None if found == wanted else f"has the form {found}, and not {wanted}"

    async def folder() -> str | None:
        free = (await asyncio.to_thread(shutil.disk_usage, state)).free
        if free < LEAST_FREE_BYTES:
            return f"less than {LEAST_FREE_BYTES // 1_000_000} MB are free"
        return None if os.access(state, os.W_OK | os.X_OK) else "cannot be written"

    async def reported() -> str | None:
        try:
            return await folder()
        except OSError:
            return "is not there"

    return {"store": store, "folder": reported}
