"""All virtual sensors of a process, on the master ends of pseudo-terminals, in one thread. Knows nothing of protocols.

The board may close its end and open it again: meanwhile what the parts send is lost and counted (`unheard_bytes`), as on a wire that
nobody listens to. A board that does not read loses what its terminal cannot hold (`overrun_bytes`), as a UART does.
The thread sleeps in a selector until a byte comes or a part is due, at most MAX_WAIT_S: the price of letting a test switch a part's
power or faults without telling the host.
"""

import errno
import os
import select
import selectors
import threading
import tty
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue

from hil_tests.sensors.clock import BenchClock, Clock
from hil_tests.sensors.faults import Faults
from hil_tests.sensors.line import Device, Line

MAX_WAIT_S = 0.05
MIN_WAIT_S = 0.001
READ_BYTES = 4096
ANSWER_LIMIT_S = 10.0


class Port:
    """The descriptor of one line and what went over it. Owns a duplicate: the maker of the terminal may close its own."""

    def __init__(self, fd: int, line: Line) -> None:
        self.fd = os.dup(fd)
        os.set_blocking(self.fd, False)
        if os.isatty(self.fd):
            tty.setraw(self.fd)
        self.line = line
        self.listening = True  # as far as is known; a first read finds out
        self.received_bytes = 0
        self.sent_bytes = 0
        self.unheard_bytes = 0
        self.overrun_bytes = 0

    def read(self) -> bytes:
        """What the board sent; nothing, and `listening` False, when its end is closed."""
        try:
            data = os.read(self.fd, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno != errno.EIO:  # Linux says EIO when the last slave end is closed
                raise
            data = b""
        self.listening = bool(data)
        self.received_bytes += len(data)
        return data

    def write(self, data: bytes) -> None:
        if not self.listening:
            self.unheard_bytes += len(data)
            return
        try:
            written = os.write(self.fd, data)
        except BlockingIOError:
            written = 0
        self.sent_bytes += written
        self.overrun_bytes += len(data) - written

    def is_open_again(self) -> bool:
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        self.listening = not any(event & select.POLLHUP for _, event in poll.poll(0))
        return self.listening

    def pump(self, now_ms: int) -> None:
        while (data := self.line.next_action(now_ms)) is not None:
            self.write(data)


class SensorHost:
    """`rate` times as fast as the wall, or on the clock of a bench. One thread at a time may attach and detach, running or not."""

    def __init__(self, rate: float = 1.0, *, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or BenchClock(rate)
        self.ports: dict[int, Port] = {}
        self._selector = selectors.DefaultSelector()
        self._orders: SimpleQueue[tuple[Callable[[], None], Future[None]]] = SimpleQueue()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._thread: threading.Thread | None = None
        self._stopping = False

    def __enter__(self) -> "SensorHost":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="sensors", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and lets every line go. Not to be started again."""
        if self._thread is not None:
            self._order(self._end)
            self._thread.join()
            self._thread = None
        for fd in list(self.ports):
            self._remove(fd)
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    close = stop

    def attach(self, fd: int, device: Device, faults: Faults | None = None, request_faults: Faults | None = None) -> Port:
        """fd: the master end.   faults: on what the part sends.   request_faults: on what the board sends. Raises ValueError when taken."""
        if fd in self.ports:
            raise ValueError(f"descriptor {fd} has a part already")
        port = Port(fd, Line(device, faults, request_faults))
        self._order(lambda: self._add(fd, port))
        return port

    def detach(self, fd: int) -> None:
        """When it returns, nothing more is read from or written to the terminal. Raises KeyError on a descriptor without a part."""
        self._order(lambda: self._remove(fd))

    def _add(self, fd: int, port: Port) -> None:
        self.ports[fd] = port
        self._selector.register(port.fd, selectors.EVENT_READ, port)

    def _remove(self, fd: int) -> None:
        port = self.ports.pop(fd)
        if port.listening:
            self._selector.unregister(port.fd)
        os.close(port.fd)

    def _end(self) -> None:
        self._stopping = True

    def _order(self, work: Callable[[], None]) -> None:
        # The thread alone touches ports and selector while it lives.
        if self._thread is None:
            work()
            return
        done: Future[None] = Future()
        self._orders.put((work, done))
        os.write(self._wake_write, b"!")
        done.result(ANSWER_LIMIT_S)

    def _run(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select(self._wait_s()):
                if key.data is None:
                    self._take_orders()
                else:
                    self._receive(key.data)
            now_ms = self.clock.now_ms()
            for port in self.ports.values():
                self._reopen(port)
                port.pump(now_ms)

    # Without the thread: a bench that keeps the clock turns it, and every part is a peer of it

    def turn(self, now_ms: int) -> bool:
        """Hears and says what is due; whether something was said. Only where `start` was not called."""
        said = False
        for port in self.ports.values():
            if data := port.read():
                port.line.handle(data, now_ms)
            before = port.sent_bytes
            port.pump(now_ms)
            said |= port.sent_bytes > before
        return said

    def next_due_ms(self) -> float | None:
        return min((due for port in self.ports.values() if (due := port.line.next_due()) is not None), default=None)

    def _wait_s(self) -> float:
        dues = [due for port in self.ports.values() if (due := port.line.next_due()) is not None]
        wait_s = (min(dues) - self.clock.now_ms()) / self.clock.rate / 1000 if dues else MAX_WAIT_S
        return min(MAX_WAIT_S, max(MIN_WAIT_S, wait_s))

    def _take_orders(self) -> None:
        os.read(self._wake_read, READ_BYTES)
        while not self._orders.empty():
            work, done = self._orders.get()
            try:
                work()
            except (KeyError, OSError, ValueError) as error:
                done.set_exception(error)
            else:
                done.set_result(None)

    def _receive(self, port: Port) -> None:
        if port not in self.ports.values():  # detached by an order of this very round
            return
        data = port.read()
        if data:
            port.line.handle(data, self.clock.now_ms())
        elif not port.listening:
            self._selector.unregister(port.fd)

    def _reopen(self, port: Port) -> None:
        # A closed end would wake the selector without pause: it is out of it, and asked once a round.
        if not port.listening and port.is_open_again():
            tty.setraw(port.fd)
            self._selector.register(port.fd, selectors.EVENT_READ, port)
