# The wiring of a node: reads who it is, builds the parts, connects them. Decides nothing about data. Is forgotten when the node runs
# (main.py): nothing that stays may be a function of this file.

import gc
import json
import os
import random
import sys

import machine

from contract.faults import fault_text
from node import (
    board,
    boot_counter,
    carriers,
    crash_note,
    parts,
    port,
    safe_mode,
    sensor_record,
    settings_store,
    transient_import,
    trial_record,
)
from node.clock import uptime_ms
from node.heap_budget import HeapBudget
from node.history import History
from node.measuring import Measuring
from node.outbox import Outbox, budget_bytes
from node.reset_cause import reset_cause
from node.rtc import RtcClock
from node.safe_mode import SafeMode
from node.sensor_record import SensorRecord
from node.session import Session
from node.settings_store import SettingsStore
from node.spool import Spool
from node.stored_pair import StoredPair
from node.supervisor import Supervisor
from node.tasks import PendingRequests, Tasks
from node.trial_record import TrialRecord

IDENTITY_PATH = "/identity.json"
SPOOL_FOLDER = "/spool"


def start() -> "Tasks | None":
    """What is to be run; None when the node has no usable identity and waits for a technician."""
    identity = _identity()
    if identity is None:
        return None
    wiring = _wiring(identity.get("board"))
    return None if wiring is None else build(identity, wiring)


def _identity() -> "dict | None":
    try:
        with open(IDENTITY_PATH) as file:
            identity = json.load(file)
    except (OSError, ValueError) as error:
        print("identity.json: cannot be read:", error)
        return None
    faults = transient_import.call("contract.identity", "faults", identity)
    for fault in faults:
        print("identity.json: " + fault_text(fault))
    return None if faults else identity


def _wiring(chosen: "str | None"):
    name = board.board_name(sys.implementation._machine, sys.platform, chosen)
    try:
        return board.load(name)
    except ImportError:
        print("identity.json: board: there is no wiring for", name)
        return None


def build(identity: dict, wiring) -> Tasks:
    """wiring: a module of boards/."""
    random.seed(int.from_bytes(os.urandom(4), "big"))
    ports = wiring.PORTS
    tried = TrialRecord(StoredPair(trial_record.PATH))
    as_shipped = identity.get("settings", {})
    store = SettingsStore(StoredPair(settings_store.PATH), tried, as_shipped, parts.check(ports))
    boot, boot_stored = boot_counter.next_boot_id(StoredPair(boot_counter.PATH), os.urandom)
    supervisor = Supervisor(uptime_ms)
    measuring = Measuring(port.opener(ports, uptime_ms), supervisor, uptime_ms)
    gc.collect()
    outbox = Outbox(wiring.OUTBOX_ITEMS, budget_bytes(gc.mem_free(), wiring.OUTBOX_BYTES), random.randrange)
    measuring.when_built.append(HeapBudget(outbox, wiring.OUTBOX_BYTES).measure)
    clock = RtcClock(machine.RTC(), uptime_ms())
    spool = Spool(SPOOL_FOLDER, wiring.SPOOL_BYTES)
    spool.load()
    history = History(spool, outbox, boot)
    session = Session(identity["node"], bytes.fromhex(identity["key"]), boot, clock, outbox, history)
    network = _network(identity.get("wifi"))
    crashed = crash_note.take_new()
    safe = SafeMode(StoredPair(safe_mode.PATH), crashed or reset_cause(machine) == "watchdog", uptime_ms())
    pending = PendingRequests()
    carrier, of_the_links = carriers.build(identity, session, history, ports, network, pending.take)
    others = [
        ("session", session.counters),
        ("outbox", outbox.counters),
        ("spool", spool.counters),
        ("boot", {"count": int(boot[:8], 16)}),
        ("boot", safe.counters),
    ]
    others += of_the_links
    if network is not None:
        others.append(("wifi", network.counters))
    record = SensorRecord(StoredPair(sensor_record.PATH))
    return Tasks(wiring, store, record, boot_stored, safe, supervisor, measuring, session, carrier, clock, pending, others)


def _network(wifi: "dict | None"):
    if wifi is None:
        return None
    import network

    from node.wifi import Wifi

    return Wifi(network.WLAN(network.STA_IF), wifi["ssid"], wifi.get("password", ""), uptime_ms)
