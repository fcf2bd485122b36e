"""A node's board without the board: the real MicroPython interpreter, its flash a littlefs in a file, its wires pseudo-terminals.

`VirtualBoard` puts the parts together and is what tests use; what is on the flash and on the wires is not its business.

    with VirtualBoard(folder, unique_id="0102030405060708") as board:
        board.flash({"main.py": b"print('here')"})
        board.start()
        board.wait_for_console("here")
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from hil_tests.board.chip_image import chip_image
from hil_tests.board.console import Relay, Transcript
from hil_tests.board.device import words
from hil_tests.board.errors import BoardIsOnError, NotReachedError
from hil_tests.board.flash_image import FlashImage
from hil_tests.board.lines import UartLine
from hil_tests.board.lockstep import Lockstep
from hil_tests.board.pace import Pace
from hil_tests.board.page import Page
from hil_tests.board.rom_file import RomFile
from hil_tests.board.supervisor import Boot, Supervisor
from hil_tests.micropython import micropython_command

_BOOTSTRAP = Path(__file__).parent / "device" / "bootstrap.py"
_WITHIN_S = 20.0


class UartSettings(NamedTuple):
    """As the board set them; the pseudo-terminal itself has no speed. baudrate 0: not opened."""

    baudrate: int
    bits: int
    parity: int | None
    stop: int


class _Parts:
    """What a board holds open from its first use to `stop`."""

    def __init__(
        self,
        folder: Path,
        page: Page,
        uarts: int,
        command: Callable[[Page, Sequence[UartLine], int], list[str]],
        pace: Pace,
        lockstep: bool,
    ) -> None:
        self.changed = threading.Condition()
        self.page = page
        self.pace = pace
        page[words.LOCKSTEP] = lockstep
        self.uarts = [UartLine(lockstep) for _ in range(uarts)]
        self.transcript = Transcript(folder / "console.log", self.changed)
        self.relay = Relay(self.transcript, lambda: self.supervisor.interrupt())
        self.supervisor = Supervisor(lambda wake_fd: command(page, self.uarts, wake_fd), page, self.uarts, self.relay, self.changed, pace)
        self.supervisor.start()

    def close(self) -> None:
        self.supervisor.stop()
        self.relay.close()
        self.transcript.close()
        for uart in self.uarts:
            uart.close()
        self.pace.close()
        self.page.close()


class VirtualBoard:
    """One board. `folder` holds its flash (flash.img, rom.img) and its console.log, and may be used again by a later one.

    rom_bytes: of the partition that code runs from in place (rom.img); 0: the board has none, as with the usual MicroPython.
    unique_id: hex. heap: what `-X heapsize` takes. rate: seconds of the board in a second of the host, 0.001 to 2000.
    ticks_start_ms: what `ticks_ms` shows at power-on (it wraps at 2**30). heap_probe_ms: period of device/heap_probe.py, 0 for none.
    lockstep: the bench whose clock it keeps instead, and whose thread alone may do anything with it; see lockstep.py.
    A crash of the interpreter, `kill` and the watchdog restart the board; after a power cut it stays off until `power_on`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        unique_id: str,
        flash_bytes: int = 1 << 20,
        rom_bytes: int = 0,
        heap: str = "512k",
        rate: float = 1.0,
        uarts: int = 4,
        ticks_start_ms: int = 0,
        heap_probe_ms: int = 0,
        lockstep: Lockstep | None = None,
    ) -> None:
        self.folder = folder
        self.unique_id = bytes.fromhex(unique_id)
        self.heap = heap
        self.rate = rate
        self._uart_count = uarts
        self._ticks_start_ms = ticks_start_ms
        self._heap_probe_ms = heap_probe_ms
        self._lockstep = lockstep
        self._image = FlashImage(folder / "flash.img", flash_bytes)
        self._rom = RomFile(folder / "rom.img", rom_bytes)
        self._stopped = False

    @cached_property
    def _parts(self) -> _Parts:
        self.folder.mkdir(parents=True, exist_ok=True)
        page = Page(self.rate, self._ticks_start_ms, self._heap_probe_ms)
        pace = self._lockstep.make_pace() if self._lockstep else Pace()
        parts = _Parts(self.folder, page, self._uart_count, self._command, pace, self._lockstep is not None)
        if self._lockstep:
            self._lockstep.join(self, page, parts.supervisor, pace)
        return parts

    def _command(self, page: Page, uarts: Sequence[UartLine], wake_fd: int) -> list[str]:
        interpreter = [*micropython_command(), "-X", f"heapsize={self.heap}", str(_BOOTSTRAP)]
        channel = ",".join(str(fd) for fd in self._parts.pace.fds)
        ports = ",".join(str(uart.board_fd) for uart in uarts)
        return [
            *interpreter,
            str(page.fd),
            str(wake_fd),
            self.unique_id.hex(),
            ports,
            str(self._image.path),
            str(self._image.size_bytes),
            channel,
            str(self._chip_file()),
            str(self._rom.path) if self._rom.size_bytes else "",
        ]

    def _chip_file(self) -> Path:
        path = self.folder / "chip.img"
        if not path.exists() or path.read_bytes() != chip_image():
            path.write_bytes(chip_image())
        return path

    # Power

    def power_on(self) -> None:
        """Nothing, when it is on. Returns when the interpreter has been started, not when it has booted."""
        self._image.make()
        self._rom.make()
        self._parts.supervisor.power_on()

    start = power_on

    def cut_power(self) -> None:
        """SIGKILL now; the RTC forgets. Returns when it is off."""
        self._parts.supervisor.cut_power()

    def cut_power_at(self, nth: int, *, torn: bool = True) -> None:
        """At the nth block operation (program or erase) from now, counted from 1: half of it is done (torn) or nothing of it."""
        self._page[words.CUT_TORN] = torn
        self._page[words.CUT_AT] = self._page[words.BLOCK_OPERATIONS] + nth

    def kill(self) -> None:
        """SIGKILL, and it comes back by itself, as after a push on its reset button. Returns when the next boot has begun."""
        self._parts.supervisor.kill()

    def stop(self) -> None:
        """Off, and everything closed: pseudo-terminals too. May be called twice; the transcript and `boots` can still be read."""
        if not self._stopped and "_parts" in self.__dict__:
            if self._lockstep is not None:
                self._lockstep.leave(self)
            self._parts.close()
        self._stopped = True

    def __enter__(self) -> "VirtualBoard":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether it has power."""
        return self._parts.supervisor.powered

    @property
    def pid(self) -> int | None:
        return self._parts.supervisor.pid

    @property
    def boots(self) -> list[Boot]:
        """(reset cause, why it ended) of the last 1000; None for the one that runs.

        reset, soft_reset, wdt, power_cut, killed, stopped, or "crash N" with the exit code of the interpreter.
        """
        return self._parts.supervisor.boots

    # Flash, only while it is off

    def flash(self, files: Mapping[str, bytes]) -> None:
        self._image_of_a_board_that_is_off().write(files)

    def flash_rom(self, image: bytes) -> None:
        """Raises ValueError when it is longer than the partition."""
        self._image_of_a_board_that_is_off()
        self._rom.write(image)

    def read(self, path: str) -> bytes:
        return self._image_of_a_board_that_is_off().read(path)

    def files(self) -> dict[str, int]:
        return self._image_of_a_board_that_is_off().files()

    def wipe(self) -> None:
        self._image_of_a_board_that_is_off().wipe()

    def _image_of_a_board_that_is_off(self) -> FlashImage:
        self.folder.mkdir(parents=True, exist_ok=True)
        if "_parts" in self.__dict__ and self.running:
            raise BoardIsOnError
        return self._image

    # Wires and what is measured on them

    @property
    def port(self) -> str:
        """Path of the terminal that mpremote connects to."""
        return self._parts.relay.port

    def uart_master_fd(self, index: int) -> int:
        """The sensors' end of a serial port: non-blocking, open until `stop`."""
        return self._parts.uarts[index].sensors_fd

    def uart_settings(self, index: int) -> UartSettings:
        at = words.UARTS + words.UART_WORDS * index
        baudrate, bits, parity, stop = (self._page[at + word] for word in range(words.UART_WORDS))
        return UartSettings(baudrate, bits, None if parity < 0 else parity, stop)

    def set_access_point(self, on: int) -> None:
        """The Wi-Fi there is: True, False, or one of words.AP_*. Off: see device/socket.py for what happens to the connections."""
        self._page[words.ACCESS_POINT] = on

    def pin(self, number: int) -> int:
        """Level that the board drives."""
        return self._page[words.PINS_OUT] >> number & 1

    def set_pin(self, number: int, level: int) -> None:
        """Level that the board sees at an input."""
        mask = 1 << number
        self._page[words.PINS_IN] = self._page[words.PINS_IN] | mask if level else self._page[words.PINS_IN] & ~mask

    @property
    def block_operations(self) -> int:
        return self._page[words.BLOCK_OPERATIONS]

    @property
    def block_erases(self) -> int:
        return self._page[words.BLOCK_ERASES]

    @property
    def shim_heap_bytes(self) -> int:
        """What lay on the heap when boot.py began: our shims, the file system, the event loop's module."""
        return self._page[words.SHIM_HEAP_BYTES]

    @property
    def heap_peak_bytes(self) -> int:
        return self._page[words.HEAP_PEAK_BYTES]

    def forget_heap_peak(self) -> None:
        self._page[words.HEAP_PEAK_BYTES] = 0

    @property
    def _page(self) -> Page:
        return self._parts.page

    # Waiting

    def console(self) -> str:
        """What it printed, of all boots, the last 256 KiB."""
        return self._parts.transcript.text()

    def wait_for_console(self, text: str, *, count: int = 1, within_s: float = _WITHIN_S) -> None:
        self.wait_for(lambda: self.console().count(text) >= count, f"{text!r} on the console, {count} times", within_s)

    def wait_for_boots(self, count: int, *, within_s: float = _WITHIN_S) -> None:
        """Until `count` boots have begun since the board was made."""
        self.wait_for(lambda: self._parts.supervisor.boot_count >= count, f"{count} boots", within_s)

    def wait_until_off(self, *, within_s: float = _WITHIN_S) -> None:
        self.wait_for(lambda: not self.running, "power off", within_s)

    def wait_for(self, condition: Callable[[], bool], what: str, within_s: float = _WITHIN_S) -> None:
        """Woken by every line of the console and every start and end. Raises NotReachedError."""
        with self._parts.changed:
            if not self._parts.changed.wait_for(condition, within_s):
                raise NotReachedError(what, within_s, self.console())
