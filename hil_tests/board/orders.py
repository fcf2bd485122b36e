"""What other threads want of the one thread that may do it. Does not know what it is."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue

from hil_tests.board.errors import SupervisorEndedError


class Orders:
    """`wake_fd` is readable when there is something to obey; anybody may write to it to have the thread look around."""

    def __init__(self) -> None:
        self.wake_fd = os.eventfd(0, os.EFD_NONBLOCK)
        self._orders: SimpleQueue[tuple[Callable[[], None], Future[None]]] = SimpleQueue()
        self._lock = threading.Lock()
        self._ended = False

    def give(self, act: Callable[[], None]) -> None:
        """Returns when it has been done; raises what it raised, or SupervisorEndedError."""
        done: Future[None] = Future()
        with self._lock:
            if self._ended:
                raise SupervisorEndedError
            self._orders.put((act, done))
            os.eventfd_write(self.wake_fd, 1)
        done.result()

    def obey(self) -> None:
        os.eventfd_read(self.wake_fd)
        while not self._orders.empty():
            act, done = self._orders.get()
            try:
                act()
            except Exception as error:  # noqa: BLE001 - raised where the order was given
                done.set_exception(error)
            else:
                done.set_result(None)

    def end(self) -> None:
        """Nobody will obey any more: those who wait are told."""
        with self._lock:
            self._ended = True
            while not self._orders.empty():
                self._orders.get()[1].set_exception(SupervisorEndedError())
            os.close(self.wake_fd)
