"""The rules at work: each report is judged after its commit, outputs are switched, and what was found is stored with the cursor.

    commit ─▶ read, date, calibrate (reader.py) ─▶ live first (backlog.py) ─▶ air.rules.RuleSet ─▶ actions.py ─▶ events + state + cursor

Events, what is open and how far the rules have come are stored in one transaction: a kill leaves all of it or nothing, and a start goes on
from there: windows are made again of stored reports without facts, then what came after the cursor is judged with facts.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from air.calibration.apply import Calibrations
from air.rules.facts import Fact, RuleFailed, Switched
from air.rules.rule_set import RuleSet
from contract.messages import EVENT
from contract.site.alarm_events import KEY
from gateway.counters import Counters
from gateway.desired.document import Desired
from gateway.error_log import ErrorLog
from gateway.errors import StoreError
from gateway.evaluation import alarm_events
from gateway.evaluation.actions import Actions
from gateway.evaluation.backlog import Backlog, Waiting
from gateway.evaluation.reader import Reader
from gateway.store.items.rows import newest_id
from gateway.store.site.evaluation_records import Progress, Stored, load, reports, save, stored_before
from gateway.store.site.station import PendingItem
from gateway.store.store import Store
from gateway.store.writer import Writer
from gateway.time.site_time import SiteTime

_LOG = logging.getLogger(__name__)
_TICK_S = 1.0
_SLICE = 50  # late reports judged before others get their turn
_PAGE = 500
_MOST_WAITING = 50_000
_MOST_REBUILT = 500_000
_LATE_ARRIVAL_MS = 60_000  # a live report comes at most so long after the end of its period
_SAVE_CURSOR_S = 60.0  # when nothing else has changed: a start judges a little again, with the same result
_PATIENCE_S = 1.0
_JUMP_MS = 60_000


class Evaluation:
    """`open_alarms` is for reports of health."""

    def __init__(self, writer: Writer, actions: Actions, counters: Counters, errors: ErrorLog, site: SiteTime) -> None:
        self._writer = writer
        self._actions = actions
        self._counters = counters
        self._errors = errors
        self._site = site
        self._reader = Reader(site)
        self._backlog = Backlog(_MOST_WAITING)
        self._rules = RuleSet([], site.clock.utc_offset_ms, 0)
        self._desired: Desired | None = None
        self._changed = False
        self._wake = asyncio.Event()
        self._saved: tuple[int, int] = (0, 0)  # revision and cursor
        self._saved_s = self._ticked_s = site.monotonic_s()
        self._began_s = site.monotonic_s()
        self._offset_ms = site.utc_ms() - int(1000 * self._began_s)  # of UTC to the monotonic clock

    def take(self, desired: Desired) -> None:
        """Other rules, calibrations or nodes, from now on."""
        before, self._desired = self._desired, desired
        if before is None or _judged_by(before) != _judged_by(desired):
            self._changed = True
            self._wake.set()

    def committed(self, store: Store) -> None:
        """On the writer thread, after each commit. Raises nothing: the commit stands, and is acknowledged."""
        self._reader.read(store, self._site.utc_ms())

    def wake(self) -> None:
        self._wake.set()

    @property
    def open_alarms(self) -> list[dict[str, Any]]:
        return alarm_events.open_alarms(self._rules.rows())

    async def run(self) -> None:
        while True:
            try:
                if self._changed:
                    await self._begin()
                await self._pass()
            except StoreError as error:
                self._errors.add("rules", error.reason)
                await asyncio.sleep(_PATIENCE_S)

    async def _begin(self) -> None:
        """From what is stored. Whatever it raises, nothing has changed, and it is tried again."""
        assert self._desired is not None
        if self._actions.pending or self._rules.revision != self._saved[0]:
            await self._save()
        desired, now_ms = self._desired, self._site.utc_ms()
        progress = await self._writer.call(lambda store: load(store.connection))
        rules, calibrations, nodes = _judged_by(desired)
        rule_set, facts = RuleSet.begin(rules, nodes, self._site.clock.utc_offset_ms, progress.state, now_ms)
        await self._writer.call(lambda store: self._reader.begin(rule_set.concerned, Calibrations(calibrations), progress.cursor))
        whole_from_ms = await self._rebuild(rule_set, progress.cursor)
        self._changed = self._desired is not desired
        self._rules, self._backlog = rule_set, Backlog(_MOST_WAITING)
        self._backlog.seen_id, self._saved = progress.cursor, (-1, progress.cursor)
        facts += rule_set.settle(self._site.utc_ms(), whole_from_ms)
        self._actions.restore(rule_set.outputs)
        self._perform([fact for fact in facts if not isinstance(fact, Switched)])
        await self._writer.call(lambda store: self._reader.read(store, self._site.utc_ms()))
        _LOG.info("rules in force", extra={"rules": len(rules), "open": len(rule_set.rows())})

    async def _rebuild(self, rule_set: RuleSet, cursor: int) -> int:
        """Returns since when the windows are whole."""
        horizon_ms = max((rule_set.horizon_ms(node) for node in rule_set.concerned), default=0)
        if not horizon_ms:
            return 0

        def start(store: Store) -> Stored:
            return stored_before(store.connection, cursor, horizon_ms + _LATE_ARRIVAL_MS, _MOST_REBUILT)

        def page(store: Store, after_id: int) -> tuple[list[Waiting], int]:
            rows = reports(store.connection, after_id, cursor, _PAGE)
            read = [
                (id_, row, self._reader.maybe_report(row, store.clocks.date(row))) for id_, row in rows if row.node in rule_set.concerned
            ]
            return [Waiting(id_, report, row.arrived_ms) for id_, row, report in read if report], rows[-1][0] if rows else cursor

        after_id, whole_from_ms = await self._writer.call(start)
        while after_id < cursor:
            found, after_id = await self._writer.call(partial(page, after_id=after_id))
            for one in found:
                rule_set.rebuild(one.report, one.arrived_ms)
        return whole_from_ms

    async def _pass(self) -> None:
        """Judges what waits, or waits for it; ticks and stores when that is due."""
        self._wake.clear()
        self._gather()
        for _ in range(_SLICE):
            waiting = self._backlog.next()
            if waiting is None:
                break
            self._judge(waiting)
        now_s = self._site.monotonic_s()
        if now_s - self._ticked_s >= _TICK_S:
            self._ticked_s = now_s
            self._note_jump(now_s)
            self._perform(self._rules.tick(self._site.utc_ms()))
        await self._save_if_due(now_s)
        if self._backlog or self._reader.found:
            await asyncio.sleep(0)
        elif not self._changed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self._ticked_s + _TICK_S - self._site.monotonic_s())):
                    await self._wake.wait()

    def _note_jump(self, now_s: float) -> None:
        # What is stored is dated otherwise after the site's clock was set: the windows are made again.
        offset_ms = self._site.utc_ms() - int(1000 * now_s)
        if abs(offset_ms - self._offset_ms) > _JUMP_MS:
            self._changed = self._desired is not None
        self._offset_ms = offset_ms

    def _gather(self) -> None:
        found = self._reader.found
        while found:
            one = found.popleft()
            if one.afresh:
                self._backlog = Backlog(_MOST_WAITING)
            self._backlog.put(one.waiting, one.seen_id, self._site.utc_ms())
        if self._backlog.unjudged:
            self._counters.add("rules.unjudged", self._backlog.unjudged)
            self._backlog.unjudged = 0
        self._record_faults(self._reader.take_faults())

    def _judge(self, waiting: Waiting) -> None:
        self._actions.report_shown(waiting.report)
        self._counters.add("rules.judged")
        self._perform(self._rules.handle(waiting.report, self._site.utc_ms()))

    def _perform(self, facts: list[Fact]) -> None:
        self._actions.perform(facts)
        self._record_faults(f"rule {fact.rule} version {fact.version}: {fact.error}" for fact in facts if isinstance(fact, RuleFailed))

    def _record_faults(self, faults: Iterable[str]) -> None:
        for fault in faults:
            self._counters.add("rules.faults")
            self._errors.add("rules", fault)

    async def _save_if_due(self, now_s: float) -> None:
        moved = self._rules.revision != self._saved[0] or bool(self._actions.pending)
        if moved or (self._backlog.cursor() != self._saved[1] and now_s - self._saved_s >= _SAVE_CURSOR_S):
            await self._save()

    async def _save(self) -> None:
        """One transaction: events, what is open, and how far it has come. Raises StoreError: all of it will be stored with the next."""
        found, moment = list(self._actions.pending), self._site.now()
        revision, progress = self._rules.revision, Progress(self._backlog.cursor(), self._rules.to_json())
        uptime_ms = int(1000 * (self._site.monotonic_s() - self._began_s))
        items = [PendingItem(EVENT, {"k": KEY, "a": one}, uptime_ms, moment.utc_ms, moment.error_ms) for one in found]

        def progressed(store: Store) -> None:
            save(store.connection, Progress(min(progress.cursor, newest_id(store.connection)), progress.state))

        await self._writer.publish(items, progressed)
        self._actions.stored(len(found))
        self._saved, self._saved_s = (revision, progress.cursor), self._site.monotonic_s()


def _judged_by(desired: Desired) -> tuple[list[Any], list[Any], list[str]]:
    """Rules, calibrations, and whose reports there can be."""
    document = desired.document
    return document["rules"], document["calibrations"], [*(node.node for node in desired.nodes), document["gateway"]]
