"""The one thread that writes. Work goes in, a future comes back; it is done only after the commit that holds the work.

Work that waits is committed together, in the order it came, each piece within a savepoint: one fsync for many, and a piece that
fails takes no other with it. Where the store ends the whole transaction instead, all of them fail. Does not depend on what the work is.
At `max_waiting` pieces more work is refused, and counted. What nobody waits for is left out long before that.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from fleet.errors import OverloadedError
from fleet.store.dialect import for_writing, has_lost_transaction, was_deadlocked

T = TypeVar("T")
Work = Callable[[Connection], T]
_Piece = tuple[Work[Any], "Future[Any]"]

RETRY_AFTER_S = 2
MAX_WAITING = 64
# Of a piece that ran into what another process did.
_MOST_REPEATS = 3
_PAUSE_S = 0.2


class Writer:
    def __init__(self, engine: Engine, max_waiting: int = MAX_WAITING, max_group: int = 16) -> None:
        self._engine = for_writing(engine)
        self._max_group = max_group
        self._waiting: queue.Queue[_Piece | None] = queue.Queue(max_waiting)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._stopped = False
        self.overloaded = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Waits until what was accepted is written. What comes after that is refused: a thread that waits for it would never end."""
        self._waiting.put(None)
        self._thread.join()
        self._stopped = True
        self._refuse_rest()

    def submit(self, work: Work[T]) -> "Future[T]":
        """Raises OverloadedError when too much waits."""
        future: Future[T] = Future()
        try:
            self._waiting.put_nowait((work, future))
        except queue.Full:
            self.overloaded += 1
            raise OverloadedError(RETRY_AFTER_S) from None
        if self._stopped:
            self._refuse_rest()
        return future

    def submit_if_calm(self, work: Work[Any]) -> bool:
        """For work that can be left out: taken only while less than a quarter of the places is taken, so that it never has the place of
        work that somebody waits for. Whether it was taken; nothing is counted."""
        with suppress(OverloadedError):
            self.submit_when_calm(work)
            return True
        return False

    def submit_when_calm(self, work: Work[T]) -> "Future[T]":
        """For work that is tried again later: as submit_if_calm. Raises OverloadedError."""
        if self._waiting.qsize() >= self._waiting.maxsize // 4:
            raise OverloadedError(RETRY_AFTER_S)
        return self.submit(work)

    def _refuse_rest(self) -> None:
        with suppress(queue.Empty):
            while True:
                piece = self._waiting.get_nowait()
                if piece is not None and piece[1].set_running_or_notify_cancel():
                    piece[1].set_exception(OverloadedError(RETRY_AFTER_S))

    def _run(self) -> None:
        ending = False
        while not ending:
            group, ending = self._next_group()
            if group:
                self._write(group)

    def _next_group(self) -> tuple[list[_Piece], bool]:
        group: list[_Piece] = []
        piece = self._waiting.get()
        while piece is not None:
            group.append(piece)
            if len(group) == self._max_group or self._waiting.empty():
                return group, False
            piece = self._waiting.get()
        return group, True

    def _write(self, group: list[_Piece]) -> None:
        group = [(work, future) for work, future in group if future.set_running_or_notify_cancel()]
        try:
            with self._engine.begin() as connection:
                outcomes = [_attempt(connection, work) for work, _ in group]
        except Exception as error:  # noqa: BLE001 - outer edge of the thread: nothing is committed, and all that wait are notified
            outcomes = [_Failure(error) for _ in group]
        for (_, future), outcome in zip(group, outcomes):
            if isinstance(outcome, _Failure):
                future.set_exception(outcome.error)
            else:
                future.set_result(outcome)


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def _do(connection: Connection, work: Work[Any]) -> Any:
    for left in range(_MOST_REPEATS, 0, -1):
        try:
            with connection.begin_nested():
                return work(connection)
        except IntegrityError:
            # Another process may have made meanwhile what the work did not find: done again, it finds that.
            if left < _MOST_REPEATS:
                raise
        except DBAPIError as error:
            if not was_deadlocked(error):
                raise
            # Of two that wait for each other one was ended, and the other goes on, as soon as it has what this one let go of.
            threading.Event().wait(_PAUSE_S)
    with connection.begin_nested():
        return work(connection)


def _attempt(connection: Connection, work: Work[Any]) -> Any:
    try:
        return _do(connection, work)
    except Exception as error:  # handed to the one that waits for this piece; the savepoint has undone it
        if has_lost_transaction(connection):
            raise
        return _Failure(error)
