"""Runs tasks that never end. One that crashes is counted, logged and started again after a pause; the others do not notice."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random

from gateway import clock
from gateway.backoff import Backoff
from gateway.counters import Counters
from gateway.store.health_records import ErrorLog

_LOG = logging.getLogger(__name__)
_STOP_S = 3.0  # a peer that does not say goodbye is not waited for longer
_FIRST_S, _CAP_S, _STABLE_S = 0.2, 30.0, 60.0


class Supervision:
    def __init__(self, counters: Counters, errors: ErrorLog, random: Random) -> None:
        self._counters = counters
        self._errors = errors
        self._random = random
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        self._tasks[name] = asyncio.create_task(self._keep_running(name, run), name=name)

    async def stop(self, *names: str) -> None:
        """Cancels these tasks, or all, and waits a little for their end."""
        tasks = [self._tasks.pop(name) for name in (names or tuple(self._tasks)) if name in self._tasks]
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_STOP_S)
            for task in late:
                _LOG.warning("task does not end", extra={"task": task.get_name()})

    async def _keep_running(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        backoff = Backoff(_FIRST_S, _CAP_S, _STABLE_S, self._random)
        while True:
            backoff.succeeded(clock.monotonic_s())
            try:
                await run()
                reason = "ended by itself"
            except Exception as error:  # noqa: BLE001 - the outer edge of a task: whatever it is, the gateway goes on
                reason = f"{type(error).__name__}: {error}"
                _LOG.exception("task crashed", extra={"task": name})
            self._counters.add("tasks.crashed")
            self._errors.add(clock.utc_ms(), name, reason)
            await asyncio.sleep(backoff.failed(clock.monotonic_s()))
