"""A board at the end of a serial line, as a flash that can be read and written. A thin rim over mpremote; decides nothing.

The node's watchdog goes on running while the technician holds the board, so every step feeds it. When the cable is pulled it
bites, and the node starts by itself.
"""

import base64
import contextlib
import io
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from technician.errors import BoardError, reason_of
from technician.flash_plan import PARTIAL

BAUD = 115200
READ_LIMIT_S = 10
# A board whose USB is in its own chip leaves the bus when it is reset, and comes back.
APPEAR_LIMIT_S = 2
# One command on the board carries this much of a file: small enough for the least board's RAM, and fed in between.
CHUNK_BYTES = 1024
_BLANK = b"\xff"
# By which an interpreter takes a partition for an image (ROMFS).
_MAGIC_BYTES = 3
# Longer than a step takes, and not above the 8.388 s of an RP2040.
WATCHDOG_MS = 8000

PREPARE = f"""
import os, binascii, hashlib, machine
_dog = machine.WDT(timeout={WATCHDOG_MS})
def _walk(folder):
    for entry in os.ilistdir(folder or "/"):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            _walk(path)
        else:
            print(_hash(path), path)
def _hash(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while True:
            block = f.read(512)
            if not block:
                return digest.digest().hex()
            digest.update(block)
            _dog.feed()
def _folder(path):
    try:
        os.mkdir(path)
    except OSError as error:
        if error.errno != 17:
            raise
def _append(path, data):
    _dog.feed()
    with open(path, "ab") as f:
        f.write(binascii.a2b_base64(data))
def _forget(path):
    try:
        os.remove(path)
    except OSError:
        pass
def _prune(folder):
    for entry in os.ilistdir(folder):
        if entry[1] & 0x4000:
            _prune(folder + "/" + entry[0])
    _dog.feed()
    try:
        os.rmdir(folder)
    except OSError:
        pass
def _partition():
    try:
        import vfs
        found = vfs.rom_ioctl(2, 0)
        return found if hasattr(found, "ioctl") else None
    except (ImportError, AttributeError):
        return None
_rom = _partition()
def _rom_hash(count):
    digest = hashlib.sha256()
    view = memoryview(_rom)
    for at in range(0, count, 512):
        digest.update(view[at : min(count, at + 512)])
        _dog.feed()
    return digest.digest().hex()
def _rom_erase(count):
    import vfs
    try:
        vfs.umount("/rom")
    except OSError:
        pass
    block = _rom.ioctl(5, 0)
    for number in range((count + block - 1) // block):
        _rom.ioctl(6, number)
        _dog.feed()
def _rom_write(at, data):
    _dog.feed()
    block = _rom.ioctl(5, 0)
    _rom.writeblocks(at // block, binascii.a2b_base64(data), at % block)
"""


class Board:
    """Use as a context: `with Board(port) as board`. Every method raises BoardError."""

    def __init__(self, port: str):
        self.port = port
        self._transport: SerialTransport | None = None

    def __enter__(self) -> Self:
        try:
            # mpremote prints what it did not understand; that is no part of our output.
            with self._errors(), contextlib.redirect_stdout(io.StringIO()):
                self._transport = SerialTransport(self.port, baudrate=BAUD, wait=APPEAR_LIMIT_S, timeout=READ_LIMIT_S)
                self._transport.enter_raw_repl()
            self._do(PREPARE)
        except BoardError:
            self._close()  # no other process can open the port while this process has it
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def hashes(self) -> dict[str, str]:
        """Path -> SHA-256 (hex) of every file."""
        lines = self._do("_walk('')").decode().splitlines()
        return {path: digest for digest, _, path in (line.partition(" ") for line in lines)}

    def make_folder(self, path: str) -> None:
        self._do(f"_dog.feed(); _folder({path!r})")

    def remove(self, path: str) -> None:
        self._do(f"_dog.feed(); os.remove({path!r})")

    def read(self, path: str) -> bytes:
        return bytes.fromhex(self._do(f"with open({path!r}, 'rb') as f: print(f.read().hex())").decode())

    def write(self, path: str, content: bytes, written: Callable[[int], None] = lambda count: None) -> None:
        """Whole or not at all: the file gets its name when all of it is there. `written` hears the bytes of each step."""
        partial = path + PARTIAL
        starts = range(0, max(len(content), 1), CHUNK_BYTES)
        for start in starts:
            chunk = content[start : start + CHUNK_BYTES]
            first = f"_forget({partial!r})\n" if start == 0 else ""
            last = f"os.rename({partial!r}, {path!r})\n" if start == starts[-1] else ""
            self._do(f"{first}_append({partial!r}, {base64.b64encode(chunk)!r})\n{last}")
            written(len(chunk))

    def drop_empty_folders(self, path: str) -> None:
        """Of this folder and in it: an empty package would hide one of the same name elsewhere. Nothing when it is not there."""
        self._do(f"try:\n _prune({path!r})\nexcept OSError:\n pass")

    def rom_bytes(self) -> int:
        """Size of the partition that code runs from in place; 0 when it has none."""
        return int(self._do("print(_rom.ioctl(4, 0) * _rom.ioctl(5, 0) if _rom else 0)"))

    def rom_hash(self, count: int) -> str:
        """SHA-256 (hex) of its first bytes."""
        return self._do(f"print(_rom_hash({count}))").decode().strip()

    def write_rom(self, image: bytes, written: Callable[[int], None] = lambda count: None) -> None:
        """Whole or not at all: what makes it an image is written when all the rest is there. Half an image would crash the interpreter."""
        self._do(f"_rom_erase({len(image)})")
        first = image[:CHUNK_BYTES]
        for start in range(CHUNK_BYTES, len(image), CHUNK_BYTES):
            chunk = image[start : start + CHUNK_BYTES]
            self._write_rom_chunk(start, chunk)
            written(len(chunk))
        self._write_rom_chunk(0, _BLANK * _MAGIC_BYTES + first[_MAGIC_BYTES:])
        # Flash that is programmed again with what is in it stays as it is.
        self._write_rom_chunk(0, first)
        written(len(first))

    def _write_rom_chunk(self, start: int, chunk: bytes) -> None:
        # Flash is written by pages.
        self._do(f"_rom_write({start}, {base64.b64encode(chunk.ljust(CHUNK_BYTES, _BLANK))!r})")

    def platform(self) -> str:
        """What the interpreter calls its chip family: esp32, rp2, linux."""
        return self._do("import sys; print(sys.platform)").decode().strip()

    def reset(self) -> None:
        """As if by its button. The board is gone from this line afterwards."""
        with self._errors():
            self._open().exec_raw_no_follow("import machine; machine.reset()")

    def _do(self, command: str) -> bytes:
        with self._errors():
            answer: bytes = self._open().exec(command)
            return answer

    def _open(self) -> SerialTransport:
        if self._transport is None:
            raise BoardError(self.port, "not open")
        return self._transport

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except TransportError as error:
            # mpremote says only that it could not, not why.
            absent = f"not there within {APPEAR_LIMIT_S} s, or in use: is the board plugged in, and the port free?"
            raise BoardError(self.port, absent if str(error) == f"failed to access {self.port}" else str(error)) from error
        except OSError as error:  # of pyserial too
            raise BoardError(self.port, reason_of(error)) from error
