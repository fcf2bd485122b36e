"""The sources that are desired, each in a task of its own: started, stopped and started anew as the desired document says.

One that loses its device waits for it; one that crashes is counted and started again; one that cannot be made is reported; the others do
not notice any of it. What its periods had is published beside it, whether it runs or not.
"""

import asyncio
import logging
import platform
from collections.abc import Awaitable, Callable
from random import SystemRandom
from typing import Any

from contract import messages
from contract.site.source_kinds import GPS, NODES
from gateway.backoff import Backoff
from gateway.error_log import ErrorLog
from gateway.errors import PortError
from gateway.ports.source_status import CRASHED, NO_PORT, WAITING, SourceStatus
from gateway.process.supervision import Supervision
from gateway.sources.kinds import KINDS, Maker, SourceContext
from gateway.sources.source import Source
from gateway.version import VERSION

_LOG = logging.getLogger(__name__)
_FIRST_S, _CAP_S, _STABLE_S = 0.2, 5.0, 10.0
_TASK = "source "
_PERIODS_TASK = "periods of "
_SHOW_S = 10.0


class SourceSupervisor:
    """`ports`: name -> device, of the gateway's own configuration."""

    def __init__(
        self,
        ports: dict[str, str],
        context: SourceContext,
        supervision: Supervision,
        errors: ErrorLog,
        kinds: dict[str, Maker] = KINDS,
    ) -> None:
        self._ports = ports
        self._context = context
        self.publisher, self.track = context.publisher, context.track
        self._supervision = supervision
        self._errors = errors
        self._kinds = kinds
        self._desired: list[dict[str, Any]] = []
        self._moved = asyncio.Event()
        self._running: dict[str, tuple[dict[str, Any], Source | None, SourceStatus]] = {}
        self._instruments: dict[str, list[list[Any]]] = {}
        self._introduced: list[list[Any]] = []
        self._shown: dict[str, Any] = {}
        self._shown_states: dict[str, tuple[str, str]] = {}
        self._shown_s = 0.0

    def desire(self, sources: list[dict[str, Any]]) -> None:
        """With defaults (contract.site.sources). Takes effect soon; what has not changed runs on undisturbed."""
        self._desired = sources
        self._moved.set()

    async def run(self) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            await self._reconcile(self._desired)

    def documents(self) -> dict[str, Any]:
        """The state of each source, for `status`: anew when a state has changed, else now and then, because each is written to disk."""
        states = {name: (status.state, status.reason) for name, (_, _, status) in self._running.items()}
        now_s = self._context.site.monotonic_s()
        if states != self._shown_states or now_s - self._shown_s >= _SHOW_S:
            self._shown_states, self._shown_s = states, now_s
            self._shown = {
                name: status.document() | {"instruments": self._instruments.get(name, [])} for name, (_, _, status) in self._running.items()
            }
        return self._shown

    def last_rows(self) -> list[list[int]]:
        """The last row of each channel of the instruments that are desired now, since the start."""
        slots = {one[0] for instruments in self._instruments.values() for one in instruments}
        return [row for (slot, _), row in sorted(self.publisher.last_rows.items()) if slot in slots]

    async def stop_reading(self) -> None:
        """Of everything but lines of nodes, which are still to be answered. What was read so far is published, and the track ends."""
        readers = [name for name, (source, _, _) in self._running.items() if source["kind"] != NODES]
        await self._supervision.stop("sources", *_tasks(readers))

    async def _reconcile(self, desired: list[dict[str, Any]]) -> None:
        wanted = {source["source"]: source for source in desired}
        gone = [name for name, (source, _, _) in self._running.items() if wanted.get(name) != source]
        if gone:
            await self._supervision.stop(*_tasks(gone))
        for name in gone:
            del self._running[name]
            self._instruments.pop(name, None)
        for name, source in wanted.items():
            if name not in self._running:
                self._start(name, source)
        self.track.expect(any(source["kind"] == GPS for source in desired))
        self._introduce()

    def _start(self, name: str, source: dict[str, Any]) -> None:
        device = self._ports.get(source["port"])
        made = self._maybe_made(name, source, device or "")
        status = made.status if made else SourceStatus(source["kind"], source["port"], CRASHED, "cannot be made: see the last errors")
        self._running[name] = source, made, status
        if made is None:
            return
        if device is None:
            status.state, status.reason = NO_PORT, f"no port {source['port']} in the configuration of this gateway"
            self._errors.add(_TASK + name, status.reason)
        else:
            self._supervision.start(_TASK + name, self._kept(name, made))
        if made.periods is not None:
            self._supervision.start(_PERIODS_TASK + name, made.periods.run)

    def _maybe_made(self, name: str, source: dict[str, Any], device: str) -> Source | None:
        try:
            made = self._kinds[source["kind"]](source, device, self._context)
            self._instruments[name] = made.instruments()
            return made
        except Exception as error:  # noqa: BLE001 - the edge of a source: what one cannot be made of costs the others nothing
            self._context.counters.add("sources.crashed")
            self._errors.add(_TASK + name, f"cannot be made: {type(error).__name__}: {error}")
            _LOG.exception("source cannot be made", extra={"source": name})
            return None

    def _kept(self, name: str, source: Source) -> Callable[[], Awaitable[None]]:
        backoff = Backoff(_FIRST_S, _CAP_S, _STABLE_S, SystemRandom())

        async def run() -> None:
            while True:
                backoff.succeeded(self._context.site.monotonic_s())
                finished = False
                try:
                    await source.run()
                    finished = True
                except PortError as error:
                    finished = True
                    self._lost(name, source.status, error)
                except asyncio.CancelledError:
                    finished = True
                    raise
                finally:
                    if not finished:
                        # The supervision logs the fault itself, and starts this task again.
                        self._context.counters.add("sources.crashed")
                        source.status.state = CRASHED
                await asyncio.sleep(backoff.failed(self._context.site.monotonic_s()))

        return run

    def _lost(self, name: str, status: SourceStatus, error: PortError) -> None:
        self._context.counters.add("sources.lost")
        if status.state != WAITING or status.reason != error.reason:  # reported once, not at every try
            self._errors.add(_TASK + name, str(error))
            _LOG.warning("source without its device", extra={"source": name, "reason": str(error)})
        status.state, status.reason = WAITING, error.reason

    def _introduce(self) -> None:
        """A hello that lists the instruments, when they differ from those of the last one."""
        instruments = sorted(one for name in self._running for one in self._instruments.get(name, ()))
        if instruments == self._introduced:
            return
        self._introduced = instruments
        about = {"hw": "gateway", "fw": VERSION, "mp": f"python {platform.python_version()}", "c": 0, "rc": "start"}
        self.publisher.publish_now(messages.HELLO, {**about, "sn": instruments})


def _tasks(names: list[str]) -> list[str]:
    return [task + name for name in names for task in (_TASK, _PERIODS_TASK)]
