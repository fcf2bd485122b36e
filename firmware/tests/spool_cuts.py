# The power is cut at every program and erase of the flash, whole and torn, while three boots of a node make reports, spool them, tell of
# what had to go, and deliver in between; the boot after the cut delivers the rest to the same gateway, which has the last word. And
# erases are counted. For MicroPython, whose littlefs this is about; test_on_micropython.py runs it.

import gc
import json

import vfs

from firmware.tests.far_end import KEY, NODE, acknowledgement, opened, time_answer
from firmware.tests.ram_flash import BLOCK_BYTES, RamFlash
from node import boot_counter
from node.clock import Clock
from node.history import History
from node.outbox import Outbox
from node.session import Session
from node.spool import MAX_ERASES_PER_DAY, Spool
from node.stored_pair import StoredPair

_BLOCKS = 32
_BUDGET = 16384
_ROWS = [[slot, quantity, 0, 10, 120, 100, 140] for slot in (0, 1) for quantity in range(20, 27)]
_PERIOD_MS = 10000
_SETTINGS = {"resend_ms": 5000, "time_sync_ms": 600000, "spool_after_s": 190, "history_per_s": 100}


class _Counting(RamFlash):
    erases = 0

    def ioctl(self, request: int, argument: int) -> int:
        self.erases += request == 6
        return super().ioctl(request, argument)


_FLASH = _Counting(_BLOCKS)  # one for all: a heap that is in pieces has no room for a second


def _mounted() -> None:
    try:
        vfs.umount("/cut")
    except OSError:
        pass
    vfs.mount(vfs.VfsLfs2(_FLASH), "/cut")


def _formatted() -> None:
    _FLASH.cut_at(None, False)
    vfs.VfsLfs2.mkfs(_FLASH)
    _mounted()


class _PowerCut(Exception):
    pass


class _Gateway:
    """Takes and acknowledges; keeps what came by its key, what was told as lost, and what came twice and was not the same."""

    def __init__(self):
        self.items: dict = {}
        self.lost: set = set()
        self.reasons: set = set()
        self.contradicting: list = []

    def take(self, message: tuple, now: int) -> tuple:
        """What it answers, as (type, sealed)."""
        kind, body = opened(message)
        boot = body["b"]
        if kind == "get":
            return "time", time_answer(body, 1800000000000 + now)
        for item in body["i"]:
            self._keep(boot, item)
        return "ack", acknowledgement(boot, *[[item["q"], item["q"]] for item in body["i"]])

    def _keep(self, boot: str, item: dict) -> None:
        known = self.items.setdefault((boot, item["q"]), item)
        if known != item:
            self.contradicting.append((boot, item["q"]))
        if item.get("k") == "dropped":
            told = item["a"]
            self.reasons.add(told["why"])
            self.lost.update((told.get("b", boot), seq) for seq in range(told["from"], told["to"] + 1))


class _NotedOutbox(Outbox):
    def __init__(self, boot: str, made: "dict | None"):
        super().__init__(64, 32768, lambda limit: 0)
        self._boot = boot
        self._made = made

    def add(self, seq: int, kind: str, encoded: bytes, kept: bool) -> None:
        super().add(seq, kind, encoded, kept)
        if self._made is not None:
            self._made[(self._boot, seq)] = encoded


class _Node:
    """One boot. made: {(boot, number): the item as it was encoded}, of all boots, to be filled, if wanted."""

    def __init__(self, gateway: _Gateway, made: "dict | None" = None, budget: int = _BUDGET):
        self.boot = boot_counter.next_boot_id(StoredPair("/cut/boot"), lambda count: bytes(count))[0]
        _check_power()
        self._outbox = _NotedOutbox(self.boot, made)
        self._spool = Spool("/cut/spool", budget)
        self._spool.load()
        self.history = History(self._spool, self._outbox, self.boot)
        self.session = Session(NODE, KEY, self.boot, Clock(), self._outbox, self.history)
        self.session.configure(0, _SETTINGS)
        self._gateway = gateway
        self._made = made
        self.now = 0

    def live(self, periods: int) -> None:
        for _ in range(periods):
            start = self.now
            self.now += _PERIOD_MS
            self.session.report(start, _PERIOD_MS, _ROWS)
            self._keep()

    def deliver(self, messages: int) -> None:
        """So many at the most; then the link is gone again."""
        self.session.connected(self.now)
        for _ in range(messages):
            self.now = max(self.now, self.session.next_due(self.now))
            message = self.session.next_message(self.now)
            if message is None:
                return
            self.session.handle(*self._gateway.take(message, self.now), self.now)
            _check_power()

    def safe(self) -> set:
        """Numbers of this boot that are not in RAM only."""
        return {seq for boot, seq in self._made if boot == self.boot and seq not in self._outbox}

    def _keep(self) -> None:
        for _ in range(4):  # the work task looks four times a second
            self.session.keep(self.now)
            _check_power()


def _check_power() -> None:
    if _FLASH.is_dead:
        raise _PowerCut


class _Script:
    """Three boots; `made`, and what was safe (`owed`) when each was last seen alive."""

    def __init__(self):
        self.gateway = _Gateway()
        self.made: dict = {}
        self.owed: set = set()
        self.boots: list = []

    def run(self) -> None:
        for _ in range(3):
            node = _Node(self.gateway, self.made)
            self.boots.append(node.boot)
            node.live(20)  # more than one write takes
            self._owe(node)
            node.deliver(3)
            self._owe(node)

    def _owe(self, node: _Node) -> None:
        self.owed.update((node.boot, seq) for seq in node.safe())

    def boot_after(self) -> None:
        """The node that starts after the cut makes a report of its own and gets rid of everything."""
        node = _Node(self.gateway, self.made)
        self.boots.append(node.boot)
        node.live(1)
        node.deliver(400)
        assert not node.history.has_unacknowledged()


def _operations() -> tuple:
    _formatted()
    _FLASH.operations = 0
    script = _Script()
    script.run()
    return _FLASH.operations, script


def test_a_cut_at_any_operation_loses_nothing_durable_and_brings_nothing_under_another_key():
    count, whole = _operations()
    assert count >= 200, count
    whole.boot_after()
    assert whole.gateway.lost, "the script is to fill the flash"
    for torn in (False, True):
        for number in range(1, count + 1):
            _formatted()
            _FLASH.cut_at(number, torn)
            script = _Script()
            try:
                script.run()
                raise AssertionError("nothing was cut", number)
            except _PowerCut:
                pass
            gc.collect()  # closes what the cut left open, on the dead chip; each says so
            _FLASH.cut_at(None, False)
            _mounted()
            script.boot_after()
            _judge(script, (number, torn))


def _judge(script: _Script, where: tuple) -> None:
    gateway = script.gateway
    assert script.boots == sorted(set(script.boots)), (where, "a boot id that was there before")
    assert (script.boots[-1], 0) in gateway.items, where
    assert gateway.contradicting == [], where
    for key, item in gateway.items.items():
        assert item == json.loads(script.made[key]), (where, key)  # what was made, and under its own key
    missing = script.owed - gateway.lost - set(gateway.items)
    assert not missing, (where, sorted(missing)[:3])
    for boot in script.boots:
        newest = max([seq for of, seq in gateway.items if of == boot] + [-1])
        gaps = {(boot, seq) for seq in range(newest + 1)} - gateway.lost - set(gateway.items)
        assert not gaps, (where, "a gap that nobody told", sorted(gaps)[:3])


def test_erases_of_a_day_without_a_link_are_within_the_bound():
    _formatted()
    node = _Node(_Gateway())
    _FLASH.erases = 0
    node.live(864)  # a tenth of a day
    assert 0 < _FLASH.erases * 10 <= MAX_ERASES_PER_DAY, _FLASH.erases


def test_a_day_with_the_link_up_erases_and_programs_nothing():
    _formatted()
    gateway = _Gateway()
    node = _Node(gateway)
    _FLASH.operations = 0
    taken = 0
    for _ in range(8640):
        node.live(1)
        node.deliver(2)
        taken += len(gateway.items)
        gateway.items.clear()
    assert taken == 8640
    assert _FLASH.operations == 0


def test_flash_that_ends_before_the_budget_does_keeps_the_newest_and_tells_of_the_rest():
    _formatted()
    gateway = _Gateway()
    node = _Node(gateway, budget=2 * _BLOCKS * BLOCK_BYTES)
    node.live(600)
    node.deliver(200)
    assert gateway.reasons == {"spool_full"}, gateway.reasons
    for seq in range(600):
        assert (node.boot, seq) in gateway.items or (node.boot, seq) in gateway.lost, seq
    assert (node.boot, 400) in gateway.items
