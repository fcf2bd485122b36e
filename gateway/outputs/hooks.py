"""Programs that an alarm starts: the fleet names a hook, gateway.toml says which program that is. No shell, few at once, limited time.

A hook gets the alarm in its environment: AIRGRID_PHASE (raise, clear), AIRGRID_RULE, AIRGRID_NODE, AIRGRID_VALUE and the like.
"""

import asyncio
import contextlib
import logging
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections import deque
from collections.abc import Mapping
from typing import Any

from gateway.telemetry import Telemetry

_LOG = logging.getLogger(__name__)
LIMIT_S = 10.0
AT_ONCE = 2
MOST_WAITING = 50


class Hooks:
    """`programs`: name -> absolute path. Full: the oldest call goes, counted."""

    def __init__(self, programs: Mapping[str, str], telemetry: Telemetry, limit_s: float = LIMIT_S) -> None:
        self._programs = programs
        self._counters = telemetry.counters
        self._errors = telemetry.errors
        self._limit_s = limit_s
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque()
        self._moved = asyncio.Event()

    def call(self, name: str, particulars: dict[str, Any]) -> None:
        if name not in self._programs:
            self._fault(name, "no such hook here: name it in [hooks] of gateway.toml")
            return
        if len(self._waiting) >= MOST_WAITING:
            self._fault(self._waiting.popleft()[0], "not started: too many waited")
        self._waiting.append((name, particulars))
        self._moved.set()

    async def run(self) -> None:
        """For ever."""
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                await self._moved.wait()
                self._moved.clear()
                while self._waiting:
                    if len(running) >= AT_ONCE:
                        _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                        continue
                    running.add(asyncio.create_task(self._run_one(*self._waiting.popleft())))
        finally:
            for task in running:
                task.cancel()

    async def _run_one(self, name: str, particulars: dict[str, Any]) -> None:
        variables = {f"AIRGRID_{key.upper()}": str(value) for key, value in particulars.items()}
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", **variables}
        self._counters.add("hooks.started")
        try:
            process = await asyncio.create_subprocess_exec(
                self._programs[name], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, env=environment, start_new_session=True
            )
        except OSError as error:
            self._fault(name, str(error))
            return
        await self._wait(name, process)

    async def _wait(self, name: str, process: Process) -> None:
        try:
            async with asyncio.timeout(self._limit_s):
                code = await process.wait()
            if code:
                self._fault(name, f"ended with {code}")
        except TimeoutError:
            self._fault(name, f"ended by us after {self._limit_s:g} s")
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _fault(self, name: str, reason: str) -> None:
        self._counters.add("hooks.failures")
        self._errors.add("hooks", f"{name}: {reason}")
        _LOG.warning("hook", extra={"hook": name, "reason": reason})
