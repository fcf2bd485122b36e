"""Serial devices that a test can pull out and plug in again: pseudo-terminals behind a path that stays the same."""

import contextlib
import os
import select
import threading
import tty
from pathlib import Path


class Terminal:
    """`device` is what the gateway opens; the test holds the other end, `master`."""

    def __init__(self, device: Path) -> None:
        self.device = device
        self.master = -1
        self._slave = -1
        self.plug()

    def plug(self) -> None:
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self.device.unlink(missing_ok=True)
        self.device.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        if self.master >= 0:
            os.close(self._slave)
            os.close(self.master)
            self.device.unlink(missing_ok=True)
            self.master = -1

    @property
    def name(self) -> str:
        """Of the terminal itself: where a server of the test may be the slave and the gateway cannot."""
        return os.ttyname(self._slave)


class Pair:
    """Two devices, `gateway` and `other`, with a wire between them: for slaves that want a serial port of their own."""

    def __init__(self, folder: Path) -> None:
        self._ends = Terminal(folder / "gateway-end"), Terminal(folder / "other-end")
        self.gateway, self.other = folder / "gateway-end", folder / "other-end"
        self._carrier: threading.Thread | None = None
        self._stop = threading.Event()

    def __enter__(self) -> "Pair":
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        for end in self._ends:
            end.unplug()

    def unplug(self) -> None:
        """The gateway's end."""
        self._end()
        self._ends[0].unplug()

    def plug(self) -> None:
        self._ends[0].plug()
        self._begin()

    def _begin(self) -> None:
        self._stop.clear()
        self._carrier = threading.Thread(target=self._carry)
        self._carrier.start()

    def _end(self) -> None:
        self._stop.set()
        if self._carrier is not None:
            self._carrier.join()
            self._carrier = None

    def _carry(self) -> None:
        one, other = (end.master for end in self._ends)
        while not self._stop.is_set():
            for source in select.select([one, other], [], [], 0.02)[0]:
                with contextlib.suppress(OSError):  # nobody has the other end open
                    os.write(other if source == one else one, os.read(source, 4096))
