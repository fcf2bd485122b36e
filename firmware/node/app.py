# The wiring of a node: reads who it is, builds the parts, connects them, runs their tasks. Decides nothing about data. When run()
# raises, main.py notes it and resets; when it returns, the node has no usable identity and waits for a technician.

import asyncio
import gc
import json
import os
import random
import sys

import machine

from contract import identity as identity_file
from node import VERSION, board, boot_counter, crash_note, parts, settings_store
from node.backoff import Backoff
from node.clock import Clock, uptime_ms
from node.measuring import Measuring
from node.mqtt_carrier import MqttCarrier
from node.outbox import Outbox, budget_bytes
from node.port import open_port
from node.reporting import Reporting
from node.reset_cause import reset_cause
from node.session import Session
from node.settings_store import SettingsStore
from node.stored_pair import StoredPair
from node.supervisor import Supervisor
from node.tally import Tally

# How late the end of a period, an offer of settings or a look at the counters may be noticed.
TICK_MS = 250
WATCH_MS = 1000
WORK_LIMIT_MS = 15000
# Joining, connecting and the longest write have limits of their own, 10 s each at the most.
LINK_LIMIT_MS = 30000


def run() -> None:
    identity = _identity()
    if identity is None:
        return
    wiring = _wiring(identity.get("board"))
    if wiring is not None:
        asyncio.run(Node(identity, wiring).run())


def _identity() -> "dict | None":
    try:
        with open("/" + identity_file.PATH) as file:
            identity = json.load(file)
    except (OSError, ValueError) as error:
        print("identity.json: cannot be read:", error)
        return None
    faults = identity_file.faults(identity)
    for path, allowed in faults:
        print("identity.json: %s: must be %s" % (path, allowed))
    return None if faults else identity


def _wiring(chosen: "str | None"):
    name = board.board_name(sys.implementation._machine, sys.platform, chosen)
    try:
        return board.load(name)
    except ImportError:
        print("identity.json: board: there is no wiring for", name)
        return None


class Node:
    def __init__(self, identity: dict, wiring):
        """wiring: a module of boards/."""
        random.seed(int.from_bytes(os.urandom(4), "big"))
        self._board = wiring
        ports = wiring.PORTS
        self._store = SettingsStore(
            StoredPair(settings_store.PATH), identity.get("settings", {}), lambda sensors: parts.faults(sensors, ports)
        )
        boot, self._boot_stored = boot_counter.next_boot_id(StoredPair(boot_counter.PATH), os.urandom)
        self._supervisor = Supervisor(uptime_ms)
        self._measuring = Measuring(lambda number, line: open_port(ports[number], line, uptime_ms), self._supervisor, uptime_ms)
        gc.collect()
        room = budget_bytes(gc.mem_free(), self._board.OUTBOX_BYTES)
        self._outbox = Outbox(self._board.OUTBOX_ITEMS, room, random.randrange)
        self._session = Session(identity["node"], bytes.fromhex(identity["key"]), boot, Clock(), self._outbox)
        self._network = _network(identity.get("wifi"))
        self._carrier = MqttCarrier(
            identity["node"], identity["broker"], self._session, self._network, Backoff(random.randrange), uptime_ms, self._take
        )
        self._tally = Tally(uptime_ms())
        self._offer: "tuple | None" = None
        self._crash: "int | None" = None

    async def run(self) -> None:
        self._store.load()
        self._reporting = Reporting(self._measuring, self._session, self._store.settings["period_ms"], uptime_ms())
        await self._obey(True)
        self._tell_the_past()
        # All or none: when one of them ends, gather raises and the node resets.
        await asyncio.gather(
            asyncio.create_task(self._watch()),
            asyncio.create_task(self._work(self._supervisor.register("work", WORK_LIMIT_MS))),
            asyncio.create_task(self._carrier.run(self._supervisor.register("link", LINK_LIMIT_MS))),
        )

    async def _watch(self) -> None:
        watchdog = machine.WDT(timeout=self._board.WDT_MS)
        noted = False
        while True:
            overdue = self._supervisor.overdue()
            if not overdue:
                watchdog.feed()
            elif not noted:
                noted = True
                self._crash = None  # what the gateway has heard of is the note before this one
                crash_note.write("no sign of life: " + ", ".join("%s for %d ms" % task for task in overdue))
            await asyncio.sleep_ms(WATCH_MS)

    async def _work(self, beat) -> None:
        while True:
            beat()
            if self._offer is not None:
                await self._consider(self._offer)
            now = uptime_ms()
            if self._reporting.close(now):
                self._session.hello(self._about(), now)
                self._carrier.wake()
                gc.collect()
            if self._tally.is_due(now):
                self._look_back(now)
            await asyncio.sleep_ms(max(1, min(TICK_MS, self._reporting.next_due() - uptime_ms())))

    def _take(self, fact: tuple) -> None:
        # The carrier's task must not wait for flash and drivers. Of two offers the greater version counts, however they come.
        _, version, settings = fact
        if self._offer is None or version > self._offer[0]:
            self._offer = (version, settings)

    async def _consider(self, offer: tuple) -> None:
        self._offer = None
        version, settings = offer
        sensors = self._store.settings["sensors"]
        faults = self._store.offer(version, settings)
        if not faults:
            self._reporting.cut(self._store.settings["period_ms"], uptime_ms())
            await self._obey(sensors != self._store.settings["sensors"])
        self._session.applied(version, faults, uptime_ms())
        self._session.hello(self._about(), uptime_ms())
        self._carrier.wake()

    async def _obey(self, sensors_changed: bool) -> None:
        settings = self._store.settings
        self._session.configure(self._store.version, settings)
        self._carrier.configure(settings["keepalive_s"])
        if sensors_changed:
            reason = await self._measuring.obey(settings["sensors"])
            if reason is not None:
                self._session.event("wiring", {"text": reason}, uptime_ms())

    def _tell_the_past(self) -> None:
        now = uptime_ms()
        self._session.hello(self._about(), now)
        if self._store.lost:
            self._session.event("settings_lost", {}, now)
        if not self._boot_stored:
            self._session.event("boot_not_stored", {}, now)
        note = crash_note.read()
        if note:
            self._crash = self._session.event("crashed", {"text": note}, now)

    def _look_back(self, now: int) -> None:
        if self._crash is not None and not self._session.is_waiting(self._crash):
            self._crash = None
            crash_note.remove()
        others = [("session", self._session.counters), ("outbox", self._outbox.counters), ("link", self._carrier.counters)]
        if self._network is not None:
            others.append(("wifi", self._network.counters))
        particulars = self._tally.next_event(self._measuring.counters(), others, now)
        if particulars is not None:
            self._session.event("counters", particulars, now)
            self._carrier.wake()

    def _about(self) -> dict:
        return {
            "hw": self._board.NAME,
            "fw": VERSION,
            "mp": sys.version.split("; ")[-1],
            "rc": reset_cause(machine),
            "sn": self._measuring.identity(),
        }


def _network(wifi: "dict | None"):
    if wifi is None:
        return None
    import network

    from node.wifi import Wifi

    return Wifi(network.WLAN(network.STA_IF), wifi["ssid"], wifi.get("password", ""), uptime_ms)
