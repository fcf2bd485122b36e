"""Brings what waits in the buffer to the fleet by three tasks, each with a connection of its own, so that none waits behind another.

alarms   hellos, events and answers of nodes and of the gateway: at once, never held back by the pace of the others
live     reports of the last half minute, the newest first
history  summaries of thinned reports, then older reports, then those that came late from a node that was away, the oldest first, under
         a cap; and what is reported beside them: anchors, gaps
"""

import asyncio
import contextlib
from collections.abc import Callable

from gateway.backoff import Backoff
from gateway.configuration import FleetSection
from gateway.errors import StoreError
from gateway.store.delivery.batch import Batch
from gateway.store.delivery.delivery import LanePart
from gateway.store.lanes import LATE_LANE, REPORT_LANE, SUMMARY_LANE, URGENT_LANE
from gateway.store.store import Store
from gateway.store.store_thread import Urgency
from gateway.store.writer import Writer
from gateway.telemetry import Telemetry
from gateway.time.clock import Clock
from gateway.uplink.live_window import STEP_S, LiveWindow
from gateway.uplink.pace import Pace, slower
from gateway.uplink.sender import Sender
from gateway.uplink.sending_task import SendingTask, Stream

_PERCENT = 100
_URGENCIES = {"alarms": Urgency.NOW, "live": Urgency.SOON, "history": Urgency.LATER}
_LIVE_RESERVED = 2  # history leaves live reports as much again as alarms


class Uplink:
    """`wake` is called whenever there is something new to send. `backoffs`: one for each task."""

    # Set by the wiring: whether reports may go at all; alarms always may. No default: the first batch fails when it was forgotten.
    lets_reports_go: Callable[[], bool]

    def __init__(
        self, sender: Sender, writer: Writer, section: FleetSection, backoffs: list[Backoff], clock: Clock, telemetry: Telemetry
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._window = LiveWindow()
        self._border = 0
        line, reserved = section.line_bytes_per_s, section.reserved_percent
        self._left_to_history = line * (_PERCENT - _LIVE_RESERVED * reserved) / _PERCENT
        self._history_pace = Pace(slower(section.history_bytes_per_s, self._left_to_history))
        paces = {"alarms": Pace(0), "live": Pace(line * (_PERCENT - reserved) / _PERCENT), "history": self._history_pace}
        reads = {"alarms": _alarms, "live": self._live, "history": self._history}
        streams = [Stream(name, _URGENCIES[name], reads[name], paces[name], backoff) for name, backoff in zip(reads, backoffs, strict=True)]
        self.tasks = {stream.name: SendingTask(stream, sender, section, clock, telemetry) for stream in streams}

    def cap_history(self, bytes_per_s: int) -> None:
        """0: by the line only."""
        self._history_pace.change(slower(bytes_per_s, self._left_to_history))

    def wake(self) -> None:
        self.tasks["alarms"].wake()
        self.tasks["live"].wake()

    async def begin(self) -> None:
        """What waits already is history. Raises StoreError."""
        self._window.record(await self._writer.call(lambda store: store.outbox.newest_id()), self._clock.monotonic_s())

    async def watch(self) -> None:
        """Moves the border between live and history on, for ever, also while nothing can be sent."""
        while True:
            await asyncio.sleep(STEP_S)
            # A disk that cannot be read is reported by the writer; the border stays where it is.
            with contextlib.suppress(StoreError):
                await self.begin()

    def _live(self, store: Store, most_items: int, most_bytes: int, extras: bool) -> Batch:
        # Only here, where no live batch is under way, may the border move: so no report is ever sent by two tasks.
        self._border = self._window.floor
        parts = (LanePart(REPORT_LANE, after_id=self._border, newest_first=True),) if self.lets_reports_go() else ()
        return store.outbox.next_batch(most_items, most_bytes, extras=False, parts=parts)

    def _history(self, store: Store, most_items: int, most_bytes: int, extras: bool) -> Batch:
        # Summaries are what a line without budget is for: they are few, and stand for many reports.
        reports = (LanePart(REPORT_LANE, up_to_id=self._border), LanePart(LATE_LANE)) if self.lets_reports_go() else ()
        parts = (LanePart(SUMMARY_LANE), *reports)
        return store.outbox.next_batch(most_items, most_bytes, extras=extras, parts=parts)


def _alarms(store: Store, most_items: int, most_bytes: int, extras: bool) -> Batch:
    return store.outbox.next_batch(most_items, most_bytes, extras=False, parts=(LanePart(URGENT_LANE),))
