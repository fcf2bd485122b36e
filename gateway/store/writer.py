"""The one thread that writes to SQLite, and the group commit in front of it.

`submit` takes what intake accepted; `run` commits it in groups and only then tells `on_commit` (and before, on the thread,
`on_thread`). A commit that fails is tried again with the same items, so nothing is acknowledged that is not on the disk; meanwhile
intake waits at `room`.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from gateway import clock
from gateway.backoff import Backoff
from gateway.counters import Counters
from gateway.errors import StoreError
from gateway.intake.items import BadItem, Row
from gateway.store.buffer import Committed
from gateway.store.database import FILE_NAME, advice, is_damage
from gateway.store.gather_window import GatherWindow
from gateway.store.health_records import ErrorLog
from gateway.store.store import Opened, Store, StoreOpener

_LOG = logging.getLogger(__name__)
_LAST_COMMIT_S = 3.0
_MOST_ROWS = 4000  # of one transaction
T = TypeVar("T")


@dataclass
class Submission:
    rows: list[Row] = field(default_factory=list)
    bad: list[BadItem] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows) + len(self.bad)

    def cut(self) -> "Submission":
        """Takes the oldest part off, as much as one transaction should carry."""
        part = Submission(self.rows[:_MOST_ROWS], self.bad[:_MOST_ROWS])
        del self.rows[:_MOST_ROWS], self.bad[:_MOST_ROWS]
        return part


class Writer:
    def __init__(
        self,
        opener: StoreOpener,
        window: GatherWindow,
        backoff: Backoff,
        counters: Counters,
        errors: ErrorLog,
        pending_rows: int,
        utc_ms: Callable[[], int] = clock.utc_ms,
    ) -> None:
        self._opener = opener
        self._window = window
        self._backoff = backoff
        self._counters = counters
        self._errors = errors
        self._pending_rows = pending_rows
        self._utc_ms = utc_ms
        self._thread = ThreadPoolExecutor(1, "store")
        self._store: Store | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending = Submission()
        self._committing = Submission()
        self._work = asyncio.Event()
        self._space = asyncio.Event()
        self._space.set()
        self.on_commit: Callable[[Submission], None] = lambda submission: None
        self.on_thread: Callable[[Store], None] = lambda store: None

    async def open(self) -> None:
        """Raises StoreError when the disk does not let the buffer be opened."""
        self._loop = asyncio.get_running_loop()
        await self._on_thread(self._ensure_open)
        self._counters.load(await self.call(lambda store: store.health.counters()))

    async def call(self, operation: Callable[[Store], T]) -> T:
        """Runs on the writer thread. Raises StoreError; a damaged file has then been set aside."""
        return await self._on_thread(lambda: operation(self._ensure_open()))

    def submit(self, rows: list[Row], bad: list[BadItem]) -> None:
        self._pending.rows.extend(rows)
        self._pending.bad.extend(bad)
        self._work.set()
        if len(self._pending) >= self._pending_rows:
            self._space.clear()

    @property
    def has_room(self) -> bool:
        return self._space.is_set()

    async def room(self) -> None:
        """Returns when memory may take more."""
        await self._space.wait()

    async def run(self) -> None:
        while True:
            await self._work.wait()
            await asyncio.sleep(self._window.wait_s(clock.monotonic_s()))
            await self.commit_pending()

    async def commit_pending(self) -> None:
        """Commits what waits, trying for ever; returns when it is on the disk and `on_commit` has been told."""
        if not self._committing:
            self._committing = self._pending.cut()
        if self._pending:
            self._work.set()
        else:
            self._work.clear()
        part = self._committing
        self._window.began(len(part), clock.monotonic_s())
        await self._commit(part)
        self._committing = Submission()
        if len(self._pending) < self._pending_rows:
            self._space.set()
        self.on_commit(part)

    async def settle_pending(self) -> None:
        """Before the end, when `run` has been stopped: commits what waits, if the disk lets it soon."""
        try:
            async with asyncio.timeout(_LAST_COMMIT_S):
                while self._pending or self._committing:
                    await self.commit_pending()
        except TimeoutError:
            _LOG.error("not committed at the end; their nodes still have them", extra={"items": len(self._pending) + len(self._committing)})

    async def close(self) -> None:
        await self._on_thread(self._close)
        self._thread.shutdown()

    async def _commit(self, part: Submission) -> None:
        while part:
            try:
                committed = await self.call(lambda store: self._commit_and_tell(store, part))
            except StoreError as error:
                self._failed(error, len(part))
                await asyncio.sleep(self._backoff.failed(clock.monotonic_s()))
                continue
            self._backoff.succeeded(clock.monotonic_s())
            self._count(committed.counts)
            self._counters.add("store.commits")
            return

    def _commit_and_tell(self, store: Store, part: Submission) -> Committed:
        committed = _commit_within_budget(store, part, self._utc_ms())
        self.on_thread(store)
        return committed

    def _failed(self, error: StoreError, waiting: int) -> None:
        self._counters.add("store.failures")
        self._errors.add(clock.utc_ms(), "store", error.reason)
        _LOG.error("commit failed, will be tried again", extra={"reason": error.reason, "items": waiting})

    def _count(self, counts: dict[str, int]) -> None:
        for name, number in counts.items():
            self._counters.add(name, number)

    async def _on_thread(self, operation: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, operation)
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.Error) and is_damage(error):
                await self._on_thread(self._replace)
            path = self._opener.state / FILE_NAME
            raise StoreError(f"{path}: {type(error).__name__}: {error} -> {advice(error, path)}") from error

    def _ensure_open(self) -> Store:
        if self._store is None:
            self._adopt(self._opener.open(clock.utc_ms()))
        assert self._store is not None
        return self._store

    def _replace(self) -> None:
        if self._store is not None:
            damaged, self._store = self._store, None
            self._adopt(self._opener.open_after_damage(damaged, clock.utc_ms()))

    def _adopt(self, opened: Opened) -> None:
        self._store = opened.store
        if opened.set_aside is not None:
            assert self._loop is not None
            self._loop.call_soon_threadsafe(self._note_set_aside, opened.set_aside.name)

    def _note_set_aside(self, file: str) -> None:
        self._counters.add("store.set_aside")
        self._errors.add(clock.utc_ms(), "store", f"damaged or foreign buffer set aside as {file}")
        _LOG.error("damaged or foreign buffer set aside", extra={"file": file})

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def _commit_within_budget(store: Store, part: Submission, now_ms: int) -> Committed:
    made = store.eviction.make_room(now_ms)
    committed = store.buffer.commit(part.rows, part.bad, now_ms)
    return replace(committed, counts=committed.counts | made)
