"""The life of a board's interpreter: started, watched, killed by its watchdog, started again with the right reset cause.
One thread, asleep until a descriptor is ready or something is due. Does not know what runs on the board, nor its flash."""

import os
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue

from hil_tests.board.console import Relay
from hil_tests.board.device import words
from hil_tests.board.lines import UartLine
from hil_tests.board.page import Page

KEPT_BOOTS = 1000
_REBOOT_AFTER_CRASH_S = 1.0

_REASON_OF_EXIT = {words.EXIT_RESET: "reset", words.EXIT_SOFT_RESET: "soft_reset", words.EXIT_POWER_CUT: "power_cut"}
# reason an interpreter ended: what the chip sees next. Not in it: the power is off.
_NEXT_CAUSE = {
    "reset": words.HARD_RESET,
    "soft_reset": words.SOFT_RESET,
    "wdt": words.WDT_RESET,
    "killed": words.HARD_RESET,
    "crash": words.HARD_RESET,
}

Boot = tuple[int, str | None]


class Supervisor(threading.Thread):
    """`command` takes the descriptor that wakes this thread and gives the interpreter's command line."""

    def __init__(
        self, command: Callable[[int], Sequence[str]], page: Page, uarts: Sequence[UartLine], relay: Relay, changed: threading.Condition
    ) -> None:
        super().__init__(name="virtual board", daemon=True)
        self._command = command
        self._page = page
        self._uarts = uarts
        self._relay = relay
        self._changed = changed
        self._boots: deque[Boot] = deque(maxlen=KEPT_BOOTS)
        self._orders: SimpleQueue[tuple[Callable[[], None], Future[None]]] = SimpleQueue()
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK)
        self._epoll = select.epoll()
        self._process: subprocess.Popen[bytes] | None = None
        self._process_fd = -1
        self._restart_at_s: float | None = None
        self._listening = False
        self._ended = False
        self.boot_count = 0

    # For other threads

    @property
    def powered(self) -> bool:
        with self._changed:
            return self._process is not None or self._restart_at_s is not None

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process else None

    @property
    def boots(self) -> list[Boot]:
        with self._changed:
            return list(self._boots)

    def power_on(self) -> None:
        self._order(self._power_on)

    def cut_power(self) -> None:
        self._order(lambda: self._kill("power_cut"))

    def kill(self) -> None:
        self._order(lambda: self._kill("killed"))

    def stop(self) -> None:
        self._order(self._stop)
        self.join()

    def interrupt(self) -> bool:
        """Ctrl-C: whether a program was there to be interrupted. Called from this thread, by the relay."""
        if self._process is None or not self._page[words.INTERRUPTIBLE]:
            return False
        self._process.send_signal(signal.SIGINT)
        return True

    def _order(self, act: Callable[[], None]) -> None:
        done: Future[None] = Future()
        self._orders.put((act, done))
        os.eventfd_write(self._wake_fd, 1)
        done.result()

    # The thread

    def run(self) -> None:
        self._epoll.register(self._wake_fd, select.EPOLLIN)
        self._epoll.register(self._relay.port_fd, select.EPOLLIN | select.EPOLLOUT | select.EPOLLET)
        while not self._ended:
            self._listen()
            for fd, _ in self._epoll.poll(self._seconds_to_next_due()):
                self._serve(fd)
            self._act_when_due()
        self._epoll.close()
        os.close(self._wake_fd)

    def _listen(self) -> None:
        # Output is left in the pipe, and the interpreter to wait, while the reader at the port is slow.
        wanted = not self._relay.reader_is_slow
        if wanted == self._listening:
            return
        if wanted:
            self._epoll.register(self._relay.output_fd, select.EPOLLIN)
        else:
            self._epoll.unregister(self._relay.output_fd)
        self._listening = wanted

    def _serve(self, fd: int) -> None:
        if fd == self._wake_fd:
            os.eventfd_read(fd)
            self._obey()
        elif fd == self._relay.output_fd:
            self._relay.take_output()
        elif fd == self._relay.port_fd:
            self._relay.serve_port()
        elif fd == self._process_fd and self._process and self._process.poll() is not None:  # not of one buried just now
            self._bury(None)

    def _obey(self) -> None:
        while not self._orders.empty():
            act, done = self._orders.get()
            try:
                act()
            except Exception as error:  # noqa: BLE001 - raised where the order was given
                done.set_exception(error)
            else:
                done.set_result(None)

    def _seconds_to_next_due(self) -> float | None:
        if self._process is None:
            return None if self._restart_at_s is None else max(0.0, self._restart_at_s - time.monotonic())
        due_us = self._page.watchdog_due_us()
        return None if due_us is None else max(0.0, due_us / 1e6 - time.monotonic())

    def _act_when_due(self) -> None:
        if self._seconds_to_next_due() != 0.0:
            return
        if self._process is None:
            self._start(words.HARD_RESET)
        else:
            self._kill("wdt")

    def _power_on(self) -> None:
        if self._process is None and self._restart_at_s is None:
            self._relay.forget_input()
            self._start(words.PWRON_RESET)

    def _start(self, cause: int) -> None:
        for uart in self._uarts:
            uart.forget()
        self._page.begin(cause, time.monotonic_ns() // 1000)
        process = subprocess.Popen(
            self._command(self._wake_fd),
            stdin=self._relay.stdin_fd,
            stdout=self._relay.stdout_fd,
            stderr=self._relay.stdout_fd,
            pass_fds=(self._page.fd, self._wake_fd, *(uart.board_fd for uart in self._uarts)),
            env={**os.environ, "TZ": "UTC"},
            start_new_session=True,
        )
        self._process_fd = os.pidfd_open(process.pid)
        self._epoll.register(self._process_fd, select.EPOLLIN)
        with self._changed:
            self._process = process
            self._restart_at_s = None
            self._boots.append((cause, None))
            self.boot_count += 1
            self._changed.notify_all()

    def _kill(self, reason: str) -> None:
        if self._process is not None:
            self._process.kill()
            self._bury(reason)
        elif reason == "power_cut":
            with self._changed:
                self._restart_at_s = None

    def _bury(self, reason: str | None) -> None:
        # `reason` None: it ended by itself, and its exit code tells why.
        process = self._process
        if process is None:
            return
        code = process.wait()
        self._epoll.unregister(self._process_fd)
        os.close(self._process_fd)
        self._process_fd = -1
        self._relay.take_rest()
        reason = reason or _reason(code)
        next_cause = _NEXT_CAUSE.get(reason.split()[0])
        with self._changed:
            self._process = None
            self._boots[-1] = (self._boots[-1][0], reason)
            if reason.startswith("crash"):
                self._restart_at_s = time.monotonic() + _REBOOT_AFTER_CRASH_S
            self._changed.notify_all()
        if next_cause is not None and self._restart_at_s is None:
            self._start(next_cause)

    def _stop(self) -> None:
        self._kill("stopped")
        self._restart_at_s = None
        self._ended = True


def _reason(code: int) -> str:
    if code < 0:
        return "killed"
    return _REASON_OF_EXIT.get(code, f"crash {code}")
