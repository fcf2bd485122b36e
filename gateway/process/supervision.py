"""Runs tasks that never end. One that crashes is counted, logged and started again after a pause; the others do not notice."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random

from gateway.backoff import Backoff
from gateway.errors import GatewayError
from gateway.telemetry import Telemetry
from gateway.time.clock import Clock

_LOG = logging.getLogger(__name__)
_STOP_S = 3.0  # a peer that does not say goodbye is not waited for longer
_FIRST_S, _CAP_S, _STABLE_S = 0.2, 30.0, 60.0


class Supervision:
    def __init__(self, telemetry: Telemetry, random: Random, clock: Clock, stop_s: float = _STOP_S) -> None:
        self._counters = telemetry.counters
        self._errors = telemetry.errors
        self._random = random
        self._clock = clock
        self._stop_s = stop_s
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._left: set[asyncio.Task[None]] = set()  # cancelled, and did not end

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        self._tasks[name] = asyncio.create_task(self._keep_running(name, run), name=name)

    async def stop(self, *names: str) -> None:
        """Cancels these tasks, or all, and waits a little for their end. One that does not end is reported, and left."""
        tasks = {self._tasks.pop(name) for name in (names or tuple(self._tasks)) if name in self._tasks}
        if not names:
            tasks |= self._left
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._stop_s)
            for task in late - self._left:
                self._leave(task)

    def _leave(self, task: "asyncio.Task[None]") -> None:
        self._left.add(task)
        task.add_done_callback(self._left.discard)
        self._counters.add("tasks.left")
        self._errors.add(task.get_name(), f"does not end, and was left after {self._stop_s:g} s")
        _LOG.error("task does not end", extra={"task": task.get_name()})

    async def _keep_running(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        backoff = Backoff(_FIRST_S, _CAP_S, _STABLE_S, self._random)
        while True:
            backoff.succeeded(self._clock.monotonic_s())
            try:
                await run()
                reason = "ended by itself"
            except GatewayError as error:  # something of the site, which has its words and what to do
                reason = str(error)
                _LOG.warning("task failed, is tried again", extra={"task": name, "reason": reason})
            except Exception as error:  # noqa: BLE001 - the outer edge of a task: whatever it is, the gateway goes on
                reason = f"{type(error).__name__}: {error}"
                _LOG.exception("task crashed", extra={"task": name})
            if _is_stopped():
                return  # late, but it ended
            self._counters.add("tasks.crashed")
            self._errors.add(name, reason)
            await asyncio.sleep(backoff.failed(self._clock.monotonic_s()))


def _is_stopped() -> bool:
    """Whether this task was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
