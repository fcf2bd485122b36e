"""The one thread on which SQLite is used. Operations wait by urgency, and among equals in the order of their submission.

A running operation is never interrupted, so operations that may wait come in slices.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from itertools import count
from queue import PriorityQueue
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class Urgency(IntEnum):
    """NOW: a node or an alarm waits for it. SOON: live reports, and whatever is rare. LATER: history and upkeep."""

    NOW = 0
    SOON = 1
    LATER = 2


class _Asked(NamedTuple):
    urgency: int
    number: int
    operation: Callable[[], Any] | None  # None ends the thread
    answer: "Future[Any]"


class StoreThread:
    """Begins with the first question; `end` waits until everything asked before is done."""

    def __init__(self) -> None:
        self._asked: PriorityQueue[_Asked] = PriorityQueue()
        self._numbers = count()
        self._thread: threading.Thread | None = None

    async def do(self, operation: Callable[[], T], urgency: Urgency) -> T:
        """What the operation returns or raises."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="store", daemon=True)
            self._thread.start()
        answer: Future[T] = Future()
        self._asked.put(_Asked(urgency, next(self._numbers), operation, answer))
        return await asyncio.wrap_future(answer)

    def end(self) -> None:
        if self._thread is not None:
            self._asked.put(_Asked(max(Urgency) + 1, next(self._numbers), None, Future()))
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (asked := self._asked.get()).operation is not None:
            if not asked.answer.set_running_or_notify_cancel():
                continue
            try:
                asked.answer.set_result(asked.operation())
            except BaseException as error:  # noqa: BLE001 - handed to the caller
                asked.answer.set_exception(error)
            del asked
