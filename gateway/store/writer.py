"""The one thread that writes to SQLite, and the group commit in front of it.

`submit` takes what intake accepted; `run` commits it in groups and only then calls `on_commit` (and before, on the thread,
`on_thread`). A commit that fails is tried again with the same items, so nothing is acknowledged that is not on the disk; meanwhile
intake waits at `room`. `publish` stores items of the gateway itself the same way: counted, `on_thread`, then `on_published`.
"""

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from gateway.backoff import Backoff
from gateway.errors import StoreError
from gateway.gather_window import GatherWindow
from gateway.items import BadItem, Row
from gateway.store.buffer import Committed
from gateway.store.database import FILE_NAME, advice, is_damage, transaction
from gateway.store.delivery.fate import OwnItem, own_items
from gateway.store.site.arrival_move import ArrivalMove
from gateway.store.site.station import PendingItem
from gateway.store.space.set_aside import SetAside
from gateway.store.store import Opened, Store, StoreOpener
from gateway.store.store_thread import StoreThread, Urgency
from gateway.telemetry import Telemetry
from gateway.time.site_time import SiteTime

_LOG = logging.getLogger(__name__)
_LAST_COMMIT_S = 3.0
# Of one transaction. What it adds must fit between where room is made and where the file may grow no more (eviction.py): an eighth.
_MOST_ROWS = 4000
_BUDGET_OF_ONE = 32
_ROW_BYTES = 250  # beside the body, with its entries in the indexes
T = TypeVar("T")
OnStore = Callable[[Store], None]


@dataclass
class Submission:
    rows: list[Row] = field(default_factory=list)
    bad: list[BadItem] = field(default_factory=list)
    behind_ms: int = 0  # how far the clock by which it was stamped turned out to be behind

    def __len__(self) -> int:
        return len(self.rows) + len(self.bad)

    def cut(self, most_bytes: int) -> "Submission":
        """Removes and returns the oldest part, as much as one transaction should carry, and at least one."""
        rows = _fitting([len(row.body) for row in self.rows[:_MOST_ROWS]], most_bytes)
        bad = _fitting([len(item.body) for item in self.bad[:_MOST_ROWS]], most_bytes)
        part = Submission(self.rows[:rows], self.bad[:bad])
        del self.rows[:rows], self.bad[:bad]
        return part

    def moved(self, by_ms: int) -> "Submission":
        """As if it had arrived that much later."""
        rows = [msgspec.structs.replace(row, arrived_ms=row.arrived_ms + by_ms) for row in self.rows]
        return Submission(rows, [msgspec.structs.replace(item, arrived_ms=item.arrived_ms + by_ms) for item in self.bad])


def _fitting(sizes: list[int], most_bytes: int) -> int:
    total = 0
    for index, size in enumerate(sizes):
        total += size + _ROW_BYTES
        if total > most_bytes and index:
            return index
    return len(sizes)


class Writer:
    # Set by the wiring. There is no default: the first commit fails when one was forgotten.
    on_commit: Callable[[Submission], None]
    on_thread: OnStore
    on_published: Callable[[], None]

    def __init__(
        self, opener: StoreOpener, window: GatherWindow, backoff: Backoff, pending_rows: int, site: SiteTime, telemetry: Telemetry
    ) -> None:
        self._opener = opener
        self._window = window
        self._backoff = backoff
        self._pending_rows = pending_rows
        self._site = site
        self._counters = telemetry.counters
        self._errors = telemetry.errors
        self._thread = StoreThread()
        self._store: Store | None = None
        self._loaded = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending = Submission()
        self._committing = Submission()
        self._move = ArrivalMove()
        self._work = asyncio.Event()
        self._space = asyncio.Event()
        self._space.set()

    async def open(self) -> None:
        """Raises StoreError when the disk does not let the buffer be opened."""
        self._loop = asyncio.get_running_loop()
        await self._on_thread(self._ensure_open, Urgency.NOW)
        self._counters.load(await self.call(lambda store: store.health.counters()))
        self._loaded = True

    async def call(self, operation: Callable[[Store], T], urgency: Urgency = Urgency.SOON) -> T:
        """Runs on the writer thread. Raises StoreError; a damaged file has then been set aside."""
        return await self._on_thread(lambda: operation(self._ensure_open()), urgency)

    async def publish(self, pending_items: Sequence[PendingItem], also: OnStore = lambda store: None) -> list[OwnItem]:
        """When it returns they are safe, and what `also` writes, in one transaction. Raises StoreError: none of it is there."""
        made: Counter[str] = Counter()
        try:
            stored = await self.call(lambda store: self._publish_and_notify(store, pending_items, also, made), Urgency.NOW)
        finally:
            self._count(made)
        if pending_items:
            self._counters.add("items.stored", len(pending_items))
            self.on_published()
        return stored

    def submit(self, rows: list[Row], bad: list[BadItem]) -> None:
        self._pending.rows.extend(rows)
        self._pending.bad.extend(bad)
        self._work.set()
        if len(self._pending) >= self._pending_rows:
            self._space.clear()

    def time_became_known(self, moved_ms: int) -> None:
        """Arrivals are stamped by a clock `moved_ms` ahead from now on; earlier ones are stamped anew, each once, wherever they are."""
        self._pending = self._pending.moved(moved_ms)
        self._committing.behind_ms = moved_ms
        self._move.begin(moved_ms)

    async def move_arrivals(self) -> None:
        """When it returns, what was stored before the time was known is stamped anew. Raises StoreError."""
        if self._move.is_due:
            await self.call(lambda store: self._move.perform(store.arrivals))

    @property
    def has_room(self) -> bool:
        return self._space.is_set()

    async def room(self) -> None:
        """Returns when memory may take more."""
        await self._space.wait()

    async def run(self) -> None:
        while True:
            await self._work.wait()
            await asyncio.sleep(self._window.wait_s(self._site.monotonic_s()))
            await self.commit_pending()

    async def commit_pending(self) -> None:
        """Commits what waits, trying for ever; returns when it is on the disk and `on_commit` has been called."""
        if not self._committing:
            self._committing = self._pending.cut(self._opener.budget_bytes // _BUDGET_OF_ONE)
        if self._pending:
            self._work.set()
        else:
            self._work.clear()
        part = self._committing
        self._window.began(len(part), self._site.monotonic_s())
        await self._commit(part)
        self._committing = Submission()
        if len(self._pending) < self._pending_rows:
            self._space.set()
        self.on_commit(part)

    async def commit_last(self) -> None:
        """Before the end, when `run` has been stopped: commits what waits, if the disk lets it soon."""
        try:
            async with asyncio.timeout(_LAST_COMMIT_S):
                while self._pending or self._committing:
                    await self.commit_pending()
        except TimeoutError:
            _LOG.error("not committed at the end; their nodes still have them", extra={"items": len(self._pending) + len(self._committing)})

    async def close(self) -> None:
        await self._on_thread(self._close, Urgency.LATER)
        self._thread.end()

    async def _commit(self, part: Submission) -> None:
        made: Counter[str] = Counter()
        while part:
            try:
                committed = await self.call(lambda store: self._commit_and_notify(store, part, made), Urgency.NOW)
            except StoreError as error:
                self._failed(error, len(part))
                await asyncio.sleep(self._backoff.failed(self._site.monotonic_s()))
                continue
            finally:
                self._count(made)
                made.clear()
            self._backoff.succeeded(self._site.monotonic_s())
            self._count(committed.counts)
            self._counters.add("store.commits")
            return

    def _commit_and_notify(self, store: Store, part: Submission, made: "Counter[str]") -> Committed:
        self._move.perform(store.arrivals)
        if self._move.is_done and part.behind_ms:
            part = part.moved(part.behind_ms)
        committed = _commit_within_budget(store, part, self._site.now().utc_ms, made)
        self.on_thread(store)
        return committed

    def _publish_and_notify(self, store: Store, items: Sequence[PendingItem], also: OnStore, made: Counter[str]) -> list[OwnItem]:
        self._move.perform(store.arrivals)
        now_ms = self._site.now().utc_ms
        made.update(store.eviction.make_room(now_ms))
        with transaction(store.connection):
            stored = own_items(store.connection, store.station.publish(items, now_ms))
            also(store)
        self.on_thread(store)
        return stored

    def _failed(self, error: StoreError, waiting: int) -> None:
        self._counters.add("store.failures")
        self._errors.add("store", error.reason)
        _LOG.error("commit failed, will be tried again", extra={"reason": error.reason, "items": waiting})

    def _count(self, counts: dict[str, int]) -> None:
        for name, number in counts.items():
            self._counters.add(name, number)

    async def _on_thread(self, operation: Callable[[], T], urgency: Urgency) -> T:
        try:
            return await self._thread.do(operation, urgency)
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.Error) and is_damage(error):
                reason = str(error)
                await self._on_thread(lambda: self._replace(reason), Urgency.NOW)
            path = self._opener.state / FILE_NAME
            raise StoreError(f"{path}: {type(error).__name__}: {error} -> {advice(error, path)}") from error

    def _ensure_open(self) -> Store:
        if self._store is None:
            now = self._site.now()
            self._adopt(self._opener.open(now.utc_ms, now.error_ms))
        assert self._store is not None
        return self._store

    def _replace(self, reason: str) -> None:
        if self._store is not None:
            damaged, self._store, now = self._store, None, self._site.now()
            self._adopt(self._opener.open_after_damage(damaged, reason, now.utc_ms, now.error_ms))

    def _adopt(self, opened: Opened) -> None:
        self._store = opened.store
        if opened.set_aside is not None:
            assert self._loop is not None
            ledger = opened.store.health.counters() if self._loaded else {}
            self._loop.call_soon_threadsafe(self._report_set_aside, opened.set_aside, ledger)

    def _report_set_aside(self, aside: SetAside, ledger: dict[str, int]) -> None:
        # The ledger went with its file: that of the fresh one begins anew, and `aside` says how many waited.
        self._counters.begin_ledger_anew(ledger)
        self._counters.add("store.set_aside")
        lost = "how many items waited in it is unknown" if aside.waiting is None else f"{aside.waiting} items waited in it"
        self._errors.add("store", f"buffer set aside as {aside.file.name}: {aside.reason}; {lost}")
        _LOG.error("buffer set aside", extra={"file": aside.file.name, "reason": aside.reason, "waiting": aside.waiting})

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def _commit_within_budget(store: Store, part: Submission, now_ms: int, made: Counter[str]) -> Committed:
    # What made room stays made, also when the commit then fails.
    made.update(store.eviction.make_room(now_ms, len(part.rows)))
    return store.buffer.commit(part.rows, part.bad, now_ms)
