"""Whose time a board keeps: the wall's, or the bench's in lockstep (lockstep.py). Knows no board."""

import os
import time
from collections.abc import Callable
from contextlib import suppress


class Pace:
    """The wall's. `fds` are the descriptors on which the board asks the bench and is answered; nobody listens to these."""

    def __init__(self) -> None:
        self.ask_fd, self.go_fd = os.eventfd(0, os.EFD_NONBLOCK), os.eventfd(0)

    @property
    def fds(self) -> tuple[int, int]:
        return self.ask_fd, self.go_fd

    def now_us(self) -> int:
        return time.monotonic_ns() // 1000

    def seconds_until(self, due_us: int) -> float | None:
        """How long the wall has to be waited for; None when the bench will say that it is due."""
        return max(0.0, (due_us - self.now_us()) / 1e6)

    def begin(self) -> None:
        """A new interpreter is not to find what was meant for the last one."""
        for fd in self.fds:
            os.set_blocking(fd, False)
            with suppress(BlockingIOError):
                os.eventfd_read(fd)
        os.set_blocking(self.go_fd, True)

    def state_changed(self) -> None:
        """The interpreter has ended: nobody is to wait for its asking."""

    def close(self) -> None:
        for fd in self.fds:
            os.close(fd)


class BenchPace(Pace):
    def __init__(self, now_us: Callable[[], int]) -> None:
        super().__init__()
        self._bench_now_us = now_us

    def now_us(self) -> int:
        return self._bench_now_us()

    def seconds_until(self, due_us: int) -> float | None:
        return None

    def state_changed(self) -> None:
        os.eventfd_write(self.ask_fd, 1)
