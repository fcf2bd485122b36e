"""From a carrier's deliveries to commits and answers, in the order: authenticate, identify, deduplicate, commit, acknowledge.

Connects intake, writer and the settings of nodes; decides nothing about data itself.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from contract import authentication, messages, topics
from gateway.carriers.carrier import Carrier, CarrierMessage
from gateway.gather_window import GatherWindow
from gateway.intake.acks import Acks
from gateway.intake.intake import Gone, Intake, Items, LogLine, Refused, TimeQuestion
from gateway.intake.node_settings import MOVED, REFUSED, NodeSettings
from gateway.items import SettingsShown
from gateway.reception.node_logs import NodeLogs
from gateway.store.writer import Submission, Writer
from gateway.telemetry import Telemetry
from gateway.time.site_clock import UNSURE
from gateway.time.site_time import SiteTime

_LOG = logging.getLogger(__name__)
_ACK_WINDOW_S = 0.05  # a node waits seconds before it sends again
_ROOM_PATIENCE_S = 1.0
_BATCH = 256  # messages handled before others get their turn


@dataclass
class Heard:
    """When a node was last heard, in UTC ms, and the body of its last report."""

    boot: str = ""
    heard_ms: int = 0
    report_ms: int | None = None
    report: bytes | None = None
    gone: bool = False


class Reception:
    # Set by the wiring: what to do when items are on the disk. No default: the first commit fails when it was forgotten.
    on_stored: Callable[[], None]

    def __init__(
        self, intake: Intake, writer: Writer, settings: NodeSettings, logs: NodeLogs, site: SiteTime, telemetry: Telemetry
    ) -> None:
        self._intake = intake
        self._writer = writer
        self._settings = settings
        self._logs = logs
        self._site = site
        self._counters = telemetry.counters
        self._errors = telemetry.errors
        self._acks = Acks()
        self._acks_waiting = asyncio.Event()
        self._ack_window = GatherWindow(_ACK_WINDOW_S)
        self._store_stuck = False
        self.withholds_acks = False
        self._routes: dict[str, Carrier] = {}
        self.heard: dict[str, Heard] = {}
        self.settings_moved = asyncio.Event()

    async def deliver(self, carrier: Carrier, deliveries: list[CarrierMessage]) -> None:
        """Returns when there is room for more, or it is clear that there will be none soon."""
        self._counters.add("messages.received", len(deliveries))
        for start in range(0, len(deliveries), _BATCH):
            if start:
                await asyncio.sleep(0)
            for delivery in deliveries[start : start + _BATCH]:
                self._handle(carrier, delivery)
            await self._wait_for_room()

    def committed(self, submission: Submission) -> None:
        """Called by the writer when the submission is on the disk, and never before: from here on it may be acknowledged."""
        if not self.withholds_acks:  # else it comes again, and is acknowledged then
            self._acks.committed(submission.rows)
            self._acks.committed(submission.bad)
            self._acks_waiting.set()
        if submission.rows:
            self.on_stored()

    def last_reports(self) -> dict[str, bytes]:
        """By node the body of its last report, since the start."""
        return {node: heard.report for node, heard in self.heard.items() if heard.report is not None}

    async def send_acks(self) -> None:
        """Sends acknowledgements, for ever: at once in quiet, gathered under load."""
        while True:
            await self._acks_waiting.wait()
            await asyncio.sleep(self._ack_window.wait_s(self._site.monotonic_s()))
            self.send_acks_now()

    def send_acks_now(self) -> None:
        self._acks_waiting.clear()
        acks = self._acks.pop_all()
        self._ack_window.began(len(acks), self._site.monotonic_s())
        for node, kind, body in acks:
            self.send(node, kind, body)

    def send(self, node: str, kind: str, body: bytes) -> None:
        """Sealed for the node and sent the way it was last heard. Unsent when it was not heard, or is not ours any more."""
        key, carrier = self._intake.key(node), self._routes.get(node)
        if key is None or carrier is None:
            self._counters.add("messages.unsent")
            return
        carrier.send(topics.name(topics.DOWN, node, kind), authentication.seal(key, topics.DOWN, node, kind, body))

    async def offer_settings(self) -> None:
        """Sends nodes the settings desired of them, for ever."""
        while True:
            offer = self._settings.next_action(self._site.monotonic_s())
            while offer is not None:
                self._counters.add("config.sent")
                self.send(offer.node, messages.CONFIG, messages.write({"v": offer.version, "set": offer.settings}))
                _LOG.info("settings sent", extra={"node": offer.node, "version": offer.version})
                offer = self._settings.next_action(self._site.monotonic_s())
            await self._until_settings_due()

    async def _wait_for_room(self) -> None:
        # Load passes within the patience. A full disk does not: then items are dropped, and everything else is served on.
        if self._writer.has_room:
            self._store_stuck = False
        elif not self._store_stuck:
            try:
                async with asyncio.timeout(_ROOM_PATIENCE_S):
                    await self._writer.room()
            except TimeoutError:
                self._store_stuck = True

    async def _until_settings_due(self) -> None:
        self.settings_moved.clear()
        due_s = self._settings.next_due()
        with contextlib.suppress(TimeoutError):
            # Not wait_for: in Python 3.11 it can swallow the cancellation that ends this task.
            async with asyncio.timeout(None if due_s is None else max(0.0, due_s - self._site.monotonic_s())):
                await self.settings_moved.wait()

    def _handle(self, carrier: Carrier, delivery: CarrierMessage) -> None:
        arrived_ms = self._site.utc_ms()
        fact = self._intake.handle(delivery.name, delivery.payload, arrived_ms, self._site.monotonic_s())
        if isinstance(fact, Refused):
            _LOG.debug("message refused", extra={"node": fact.node, "reason": fact.reason, "detail": fact.detail})
            return
        self._routes[fact.node] = carrier
        self._hear(fact.node, fact.boot, arrived_ms)
        if isinstance(fact, Items):
            self._submit_items(fact, arrived_ms)
        elif isinstance(fact, TimeQuestion):
            self._answer_time(fact)
        elif isinstance(fact, LogLine):
            self._logs.add(fact, arrived_ms)
        else:
            self._mark_gone(fact)

    def _hear(self, node: str, boot: str, at_ms: int) -> None:
        heard = self.heard.get(node)
        if heard is None:
            heard = self.heard[node] = Heard()
        heard.boot, heard.heard_ms, heard.gone = boot, at_ms, False

    def _submit_items(self, items: Items, arrived_ms: int) -> None:
        if self._store_stuck and not self._writer.has_room:
            self._counters.add("messages.no_room")
            return
        self._writer.submit(items.rows, [item for item in items.bad if item.seq is not None])
        if items.kind == messages.REPORT and items.rows:
            self.heard[items.node].report_ms, self.heard[items.node].report = arrived_ms, items.rows[-1].body
        for bad in items.bad:
            self._errors.add("intake", f"{bad.node} boot {bad.boot} seq {bad.seq}: {bad.kind} refused: {bad.fault}")
        for shown in items.shown:
            self._apply_shown(items.node, shown)

    def _apply_shown(self, node: str, shown: SettingsShown) -> None:
        news = self._settings.shows(node, shown, self._site.monotonic_s())
        if news == REFUSED:
            self._counters.add("config.refused")
            _LOG.warning("settings refused by node", extra={"node": node, "version": shown.version, "faults": shown.faults})
        elif news == MOVED:
            self.settings_moved.set()

    def _answer_time(self, question: TimeQuestion) -> None:
        utc_ms, error_ms, source = self._site.now()
        if source == UNSURE:
            self._counters.add("time.unknown")
            return
        self._counters.add("time.answers")
        answer = {"b": question.boot, "k": question.nonce, "u": utc_ms, "e": error_ms}
        self.send(question.node, messages.TIME, messages.write(answer))

    def _mark_gone(self, gone: Gone) -> None:
        self._counters.add("nodes.gone")
        self.heard[gone.node].gone = True
        _LOG.info("node gone", extra={"node": gone.node, "boot": gone.boot})
