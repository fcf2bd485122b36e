# The tasks of a node, once its parts are connected: the watchdog, the work on periods and settings, the link. It knows no file format
# and no message; run() ends only by raising.

import asyncio
import gc
import sys

import machine

from contract import messages
from node import VERSION, console_input, crash_note
from node.clock import uptime_ms
from node.counter_events import CounterEvents
from node.loop_delay import LoopDelay
from node.reporting import Reporting
from node.reset_cause import reset_cause
from node.sensor_health import SensorHealth
from node.settings_store import MAX_STARTS
from node.trial import KEPT, Trial
from node.watchdog import Watchdog

# How late the end of a period, an offer of settings or a look at the counters may be noticed.
TICK_MS = 250
DELAY_MS = 100
WORK_LIMIT_MS = 15000
# Joining, connecting and the longest write have limits of their own, 10 s each at the most.
LINK_LIMIT_MS = 30000


class PendingRequests:
    """The settings last offered and the last request: the carrier's task, which takes them, must not wait for flash and drivers."""

    def __init__(self):
        self._offer: "tuple | None" = None
        self._request: "dict | None" = None
        self._local_change: "tuple | None" = None

    def take(self, fact: tuple) -> None:
        if fact[0] == messages.DO:
            self._request = fact[1]
            return
        # Of two pending the greater version counts, however they come.
        _, version, settings = fact
        if self._offer is None or version > self._offer[0]:
            self._offer = (version, settings)

    def next(self) -> "tuple | None":
        offer, self._offer = self._offer, None
        return offer

    def next_request(self) -> "dict | None":
        request, self._request = self._request, None
        return request

    def change(self, key: str, settings: dict) -> None:
        """By a technician at the board: whole, without faults; key: what differs."""
        self._local_change = key, settings

    def next_local_change(self) -> "tuple | None":
        local_change, self._local_change = self._local_change, None
        return local_change


class ConsoleAccess:
    """What a technician at the board may look at. local_changes: keys of settings that differ from the fleet's, until it sends others."""

    def __init__(self, wiring, store, safe, measuring, session, carrier, clock, change):
        self.wiring = wiring
        self.store = store
        self.safe = safe
        self.measuring = measuring
        self.session = session
        self.carrier = carrier
        self.clock = clock
        self.change = change
        self.local_changes: list = []


class Tasks:
    def __init__(
        self,
        wiring,
        store,
        record,
        boot_stored: bool,
        safe,
        supervisor,
        measuring,
        session,
        carrier,
        clock,
        pending: PendingRequests,
        others: list,
    ):
        """others: [(prefix, counters), ...] of the parts that are no drivers."""
        self._board = wiring
        self._store = store
        self._record = record
        self._boot_stored = boot_stored
        self._safe = safe
        self._supervisor = supervisor
        self._measuring = measuring
        self._session = session
        self._carrier = carrier
        self._pending = pending
        self._access = ConsoleAccess(wiring, store, safe, measuring, session, carrier, clock, pending.change)
        self._delay = LoopDelay()
        self._others = others + [("loop", self._delay.counters)]
        self._watch = Watchdog(supervisor, session, self._delay)
        self._counter_events = CounterEvents(uptime_ms())
        self._crash: "int | None" = None

    async def run(self) -> None:
        # Before the drivers: one that hangs at its first step lets no other task begin.
        watchdog = machine.WDT(timeout=self._board.WDT_MS)
        given_back = self._store.load()
        self._health = SensorHealth(self._record.load(), uptime_ms())
        self._trial = Trial(self._session)
        self._reporting = Reporting(self._measuring, self._trial, self._store.settings["period_ms"], uptime_ms())
        await self._apply(True)
        self._report_start()
        if given_back is not None:
            self._report_return(given_back, "no usable report in %d starts" % MAX_STARTS)
        # All or none: when one of them ends, gather raises and the node resets.
        try:
            await asyncio.gather(
                asyncio.create_task(self._watch.run(watchdog)),
                asyncio.create_task(self._measure_delay()),
                asyncio.create_task(self._work(self._supervisor.register("work", WORK_LIMIT_MS))),
                asyncio.create_task(self._carrier.run(self._supervisor.register("link", LINK_LIMIT_MS))),
                asyncio.create_task(console_input.listen(self._access)),
            )
        finally:
            self._watch.save_what_waits()

    async def _measure_delay(self) -> None:
        while True:
            due = uptime_ms() + DELAY_MS
            await asyncio.sleep_ms(DELAY_MS)
            self._delay.woke(max(0, uptime_ms() - due))

    async def _work(self, beat) -> None:
        while True:
            beat()
            offer = self._pending.next()
            if offer is not None:
                await self._take_offer(*offer)
            local_change = self._pending.next_local_change()
            if local_change is not None:
                await self._apply_local_change(*local_change)
            request = self._pending.next_request()
            if request is not None and request["w"] == "faster":
                self._reporting.faster(request["k"], request["p"], request["d"], uptime_ms())
                self._carrier.wake()
            now = uptime_ms()
            self._session.keep(now)
            if self._reporting.close(now):
                self._session.hello(self._about(), now)
                self._carrier.wake()
                gc.collect()
                self._delay.heap(gc.mem_free())
            await self._judge_trial(now)
            self._measuring.next_turn(now)
            if self._health.is_due(now):
                self._report_sensors(now)
            if self._counter_events.is_due(now):
                self._report_counters(now)
            if self._safe.next_action(now):
                await self._leave_safe_mode("tried again", now)
            await asyncio.sleep_ms(max(1, min(TICK_MS, self._reporting.next_due() - uptime_ms())))

    async def _take_offer(self, version: int, settings: dict) -> None:
        sensors = self._store.settings["sensors"]
        faults = self._store.offer(version, settings, self._trial.was_usable())
        if not faults:
            self._trial.end()  # the report that is cut is of the settings before
            self._access.local_changes = []
            self._reporting.cut(self._store.settings["period_ms"], uptime_ms())
            if self._safe.new_settings(uptime_ms()):
                await self._leave_safe_mode("new settings", uptime_ms())
            else:
                await self._apply(sensors != self._store.settings["sensors"])
        self._session.applied(version, faults, uptime_ms())
        self._session.hello(self._about(), uptime_ms())
        self._carrier.wake()

    async def _judge_trial(self, now: int) -> None:
        action = self._trial.next_action(now)
        if action is None:
            return
        if action == KEPT:
            self._store.keep()
            self._session.event("settings_kept", {"c": self._store.version}, now)
        else:
            sensors = self._store.settings["sensors"]
            version = self._store.give_back()
            self._access.local_changes = []
            self._reporting.cut(self._store.settings["period_ms"], now)
            await self._apply(sensors != self._store.settings["sensors"])
            self._report_return(version, self._trial.why)
            self._session.hello(self._about(), uptime_ms())
        self._carrier.wake()

    def _report_return(self, version: int, why: str) -> None:
        self._session.event("settings_returned", {"c": version, "why": why}, uptime_ms())
        self._session.applied(version, [why], uptime_ms())

    async def _apply_local_change(self, key: str, settings: dict) -> None:
        # Only in RAM, under the version of the fleet: its next version takes the place of this, whatever was changed.
        sensors, self._store.settings = self._store.settings["sensors"], settings
        self._access.local_changes.append(key)
        self._reporting.cut(settings["period_ms"], uptime_ms())
        self._session.event("local_change", {"key": key}, uptime_ms())
        await self._apply(sensors != settings["sensors"])
        self._carrier.wake()

    async def _apply(self, sensors_changed: bool) -> None:
        settings = self._store.settings
        self._session.configure(self._store.version, settings, self._store.returned)
        if self._store.on_trial:
            self._trial.start(settings["trial_s"], self._store.needs_usable, uptime_ms())
        self._carrier.configure(settings["keepalive_s"])
        if sensors_changed and self._safe.active:
            await self._measuring.hold(settings["sensors"])
        elif sensors_changed:
            reason = await self._measuring.apply(settings["sensors"])
            if reason is not None:
                self._session.event("wiring", {"text": reason}, uptime_ms())

    async def _leave_safe_mode(self, why: str, now: int) -> None:
        self._session.event("safe_mode_left", {"why": why}, now)
        self._carrier.wake()
        await self._apply(True)

    def _report_start(self) -> None:
        now = uptime_ms()
        self._session.hello(self._about(), now)
        if self._store.lost:
            self._session.event("settings_lost", {}, now)
        if not self._boot_stored:
            self._session.event("boot_not_stored", {}, now)
        note = crash_note.read()
        if note:
            particulars = {"text": note, "crashes": self._safe.counters["crashes"], "in_a_row": self._safe.boots}
            self._crash = self._session.event("crashed", particulars, now)
        if self._safe.active:
            self._session.event("safe_mode", {"boots": self._safe.boots, "why": note[-160:] or "watchdog"}, now)

    def _report_counters(self, now: int) -> None:
        if self._crash is not None and not self._session.is_waiting(self._crash):
            self._crash = None
            if not self._watch.noted:  # else what was reported is the note before this one
                crash_note.remove()
        particulars = self._counter_events.next_event(self._measuring.counters(), self._others, now)
        if particulars is not None:
            self._session.event("counters", particulars, now)
            self._carrier.wake()

    def _report_sensors(self, now: int) -> None:
        measuring, health = self._measuring, self._health
        for key, particulars in health.observe(measuring.identity(), measuring.health(), measuring.asleep(), now):
            self._session.event(key, particulars, now)
            self._carrier.wake()
        if health.is_due_to_write(now):
            if not self._record.save(health.record):
                self._session.counters["record_not_stored"] = self._session.counters.get("record_not_stored", 0) + 1
            health.written(now)

    def _about(self) -> dict:
        return {
            "hw": self._board.NAME,
            "fw": VERSION,
            "mp": sys.version.split("; ")[-1],
            "rc": reset_cause(machine),
            "sn": self._measuring.identity(),
        }
