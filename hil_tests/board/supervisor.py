"""The life of a board: its interpreter is started, watched, killed by its watchdog, started again with the right reset cause.
One thread, asleep until a descriptor is ready or something is due. Does not know what runs on the board, nor its flash."""

import select
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from hil_tests.board.console import Relay
from hil_tests.board.device import words
from hil_tests.board.errors import SupervisorEndedError
from hil_tests.board.interpreter import Interpreter
from hil_tests.board.lines import UartLine
from hil_tests.board.orders import Orders
from hil_tests.board.pace import Pace
from hil_tests.board.page import Page

KEPT_BOOTS = 1000
_REBOOT_AFTER_CRASH_US = 1_000_000

_REASON_OF_EXIT = {words.EXIT_RESET: "reset", words.EXIT_SOFT_RESET: "soft_reset", words.EXIT_POWER_CUT: "power_cut"}
# Why an interpreter ended: what the chip sees next. What is not in it leaves the power off, a crash leaves it off for a while.
_NEXT_CAUSE = {"reset": words.HARD_RESET, "soft_reset": words.SOFT_RESET, "wdt": words.WDT_RESET, "killed": words.HARD_RESET}

Boot = tuple[int, str | None]


class Supervisor(threading.Thread):
    """`command` takes the descriptor that wakes this thread and gives the interpreter's command line."""

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        page: Page,
        uarts: Sequence[UartLine],
        relay: Relay,
        changed: threading.Condition,
        pace: Pace,
    ) -> None:
        super().__init__(name="virtual board", daemon=True)
        self._command = command
        self._page = page
        self._uarts = uarts
        self._relay = relay
        self._changed = changed
        self._pace = pace
        self._boots: deque[Boot] = deque(maxlen=KEPT_BOOTS)
        self._orders = Orders()
        self._epoll = select.epoll()
        self._interpreter: Interpreter | None = None
        self._restart_at_us: int | None = None
        self._listening = False
        self._stopping = False
        self.boot_count = 0

    # For other threads

    @property
    def powered(self) -> bool:
        with self._changed:
            return self._interpreter is not None or self._restart_at_us is not None

    @property
    def pid(self) -> int | None:
        interpreter = self._interpreter
        return interpreter.pid if interpreter else None

    @property
    def boots(self) -> list[Boot]:
        with self._changed:
            return list(self._boots)

    def power_on(self) -> None:
        self._orders.give(self._power_on)

    def cut_power(self) -> None:
        self._orders.give(lambda: self._kill("power_cut"))

    def kill(self) -> None:
        self._orders.give(lambda: self._kill("killed"))

    def next_due_us(self) -> int | None:
        """When the watchdog bites, or a crashed board starts again, on the clock of the pace."""
        return self._restart_at_us if self._interpreter is None else self._page.watchdog_due_us()

    @property
    def computes(self) -> bool:
        """An interpreter runs and has not asked the bench to let time pass."""
        return self._interpreter is not None and not self._page[words.WAITING]

    def look(self) -> None:
        self._orders.give(self._act_when_due)

    def take_output(self) -> None:
        """What the board has printed so far is in the transcript when it returns."""
        self._orders.give(self._relay.take_output)

    def stop(self) -> None:
        with suppress(SupervisorEndedError):
            self._orders.give(self._stop)
        self.join()

    # The thread

    def run(self) -> None:
        try:
            self._watch()
        finally:  # also when a fault of ours ends it: nobody waits for ever, no interpreter stays
            self._end()

    def interrupt(self) -> bool:
        """Ctrl-C: whether there was a program to be interrupted. Called by the relay."""
        if self._interpreter is None or not self._page[words.INTERRUPTIBLE]:
            return False
        self._interpreter.interrupt()
        return True

    def _watch(self) -> None:
        self._epoll.register(self._orders.wake_fd, select.EPOLLIN)
        self._epoll.register(self._relay.port_fd, select.EPOLLIN | select.EPOLLOUT | select.EPOLLET)
        while not self._stopping:
            self._listen()
            for fd, _ in self._epoll.poll(self._seconds_to_next_due()):
                self._serve(fd)
            self._act_when_due()

    def _end(self) -> None:
        if self._interpreter is not None:
            self._interpreter.kill()
            self._interpreter.wait()
        with self._changed:
            self._interpreter = None
            self._restart_at_us = None
            self._changed.notify_all()
        self._pace.state_changed()
        self._orders.end()
        self._epoll.close()

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
        if fd == self._orders.wake_fd:
            self._orders.obey()
        elif fd == self._relay.output_fd:
            self._relay.take_output()
        elif fd == self._relay.port_fd:
            self._relay.serve_port()
        elif self._interpreter is not None and self._interpreter.ended:  # not one that an order has just buried
            self._bury(None)

    def _seconds_to_next_due(self) -> float | None:
        due_us = self.next_due_us()
        return None if due_us is None else self._pace.seconds_until(due_us)

    def _act_when_due(self) -> None:
        due_us = self.next_due_us()
        if due_us is None or due_us > self._pace.now_us():
            return
        if self._interpreter is None:
            self._start(words.HARD_RESET)
        else:
            self._kill("wdt")

    def _power_on(self) -> None:
        if self._interpreter is None and self._restart_at_us is None:
            self._relay.forget_input()
            self._start(words.PWRON_RESET)

    def _start(self, cause: int) -> None:
        for uart in self._uarts:
            uart.forget()
        self._pace.begin()
        self._page.begin(cause, self._pace.now_us())
        wake_fd = self._orders.wake_fd
        interpreter = Interpreter(
            self._command(wake_fd),
            stdin_fd=self._relay.stdin_fd,
            stdout_fd=self._relay.stdout_fd,
            inherited=(self._page.fd, wake_fd, *self._pace.fds, *(uart.board_fd for uart in self._uarts)),
        )
        self._epoll.register(interpreter.fd, select.EPOLLIN)
        with self._changed:
            self._interpreter = interpreter
            self._restart_at_us = None
            self._boots.append((cause, None))
            self.boot_count += 1
            self._changed.notify_all()

    def _kill(self, reason: str) -> None:
        if self._interpreter is not None:
            self._interpreter.kill()
            self._bury(reason)
        elif reason == "power_cut":
            with self._changed:
                self._restart_at_us = None

    def _bury(self, reason: str | None) -> None:
        # `reason` None: it ended by itself, and its exit code tells why.
        if self._interpreter is None:
            return
        self._epoll.unregister(self._interpreter.fd)
        code = self._interpreter.wait()
        reason = reason or _reason(code)
        self._relay.take_rest()
        with self._changed:
            self._interpreter = None
            self._page[words.WAITING] = 0
            self._boots[-1] = (self._boots[-1][0], reason)
            if reason.startswith("crash"):
                self._restart_at_us = self._pace.now_us() + _REBOOT_AFTER_CRASH_US
            self._changed.notify_all()
        self._pace.state_changed()
        if reason in _NEXT_CAUSE:
            self._start(_NEXT_CAUSE[reason])

    def _stop(self) -> None:
        self._kill("stopped")
        self._stopping = True


def _reason(code: int) -> str:
    if code < 0:
        return "killed"
    return _REASON_OF_EXIT.get(code, f"crash {code}")
