"""Keeps the desired document up to date: asks, has it judged (document.py), pins it on the disk, applies it, reports back.

The pinned one is applied at the start, so a restart without network runs on the last good document.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway import clock
from gateway.atomic_file import replace_file
from gateway.backoff import Backoff
from gateway.configuration import FleetSection
from gateway.counters import Counters
from gateway.desired.document import Desired, verify
from gateway.errors import DesiredError, FleetError
from gateway.identity import Identity
from gateway.store.health_records import ErrorLog
from gateway.uplink.fleet_api import FleetApi

_LOG = logging.getLogger(__name__)
FILE_NAME = "desired.json"
_LEAST_POLL_S = 1.0


class DesiredPoll:
    """`version` is the one in force, 0 for none."""

    def __init__(
        self,
        api: FleetApi,
        identity: Identity,
        path: Path,
        section: FleetSection,
        backoff: Backoff,
        counters: Counters,
        errors: ErrorLog,
        apply: Callable[[Desired], None],
    ) -> None:
        self._api = api
        self._identity = identity
        self._path = path
        self._section = section
        self._backoff = backoff
        self._counters = counters
        self._errors = errors
        self._apply = apply
        self._verdict: dict[str, Any] = {"version": 0, "ok": True, "faults": []}
        self._refused_version = 0
        self._news = asyncio.Event()
        self.version = 0

    def start(self) -> None:
        """Applies what is pinned, if it still can be trusted."""
        try:
            self._adopt(verify(self._path.read_bytes(), self._identity, 0))
        except FileNotFoundError:
            return
        except (OSError, DesiredError) as error:
            self._counters.add("desired.pinned_bad")
            self._fault(f"pinned document: {error}")

    async def run(self) -> None:
        while True:
            try:
                await self._ask()
                self._backoff.succeeded(clock.monotonic_s())
            except (FleetError, DesiredError, OSError) as error:
                at_least_s = min(error.retry_after_s, self._section.retry_after_cap_s) if isinstance(error, FleetError) else 0
                self._counters.add("desired.failures")
                self._fault(str(error))
                await asyncio.sleep(self._backoff.failed(clock.monotonic_s(), at_least_s))

    async def report(self) -> None:
        """Tells the fleet what is in force and the counters: at once after a change, else now and then. For ever."""
        while True:
            self._news.clear()
            try:
                await self._api.reported({**self._verdict, "counters": self._counters.all()})
            except FleetError as error:
                self._fault(f"report: {error.reason}")
                await asyncio.sleep(self._backoff.failed(clock.monotonic_s(), min(error.retry_after_s, self._section.retry_after_cap_s)))
                continue
            await self._until_news()

    async def _ask(self) -> None:
        # A document that the fleet signed and we refused is not asked for again: only a newer one can be better.
        asked_s = clock.monotonic_s()
        answer = await self._api.desired(max(self.version, self._refused_version), self._section.poll_wait_s)
        if answer is None:
            # A fleet that does not hold the question is not asked in a hurry.
            await asyncio.sleep(max(0.0, _LEAST_POLL_S - (clock.monotonic_s() - asked_s)))
            return
        try:
            desired = verify(answer, self._identity, self.version)
        except DesiredError as error:
            self._refuse(error)
            raise
        await asyncio.to_thread(replace_file, self._path, answer, 0o600)
        self._counters.add("desired.applied")
        self._adopt(desired)

    def _adopt(self, desired: Desired) -> None:
        self._apply(desired)
        self.version = desired.version
        self._tell({"version": desired.version, "ok": True, "faults": []})
        _LOG.info("desired document applied", extra={"version": desired.version, "nodes": len(desired.nodes)})

    def _refuse(self, error: DesiredError) -> None:
        self._counters.add("desired.refused")
        self._refused_version = max(self._refused_version, error.version or 0)
        self._tell({"version": error.version or self.version, "ok": False, "faults": error.faults[:100]})
        _LOG.error("desired document refused", extra={"version": error.version, "faults": error.faults})

    def _tell(self, verdict: dict[str, Any]) -> None:
        self._verdict = verdict
        self._news.set()

    def _fault(self, text: str) -> None:
        self._errors.add(clock.utc_ms(), "desired", text)
        _LOG.warning("desired document", extra={"reason": text})

    async def _until_news(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._section.report_interval_s):
                await self._news.wait()
