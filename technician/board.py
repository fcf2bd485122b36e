"""A board at the end of a serial line, as a flash that can be read and written. Decides nothing. How its interpreter is reached:
raw_repl.py; what runs there: board_program.py.
"""

import base64
import json
from collections.abc import Callable
from types import TracebackType
from typing import Self

from technician.board_kinds import BoardFacts
from technician.board_program import ASK, PREPARE
from technician.errors import BoardError, BoardGoneError
from technician.flash_plan import PARTIAL
from technician.raw_repl import RawRepl

# One command on the board carries this much of a file: small enough for the least board's RAM, and fed in between.
CHUNK_BYTES = 1024
_BLANK = b"\xff"
# By which an interpreter takes a partition for an image (ROMFS).
_MAGIC_BYTES = 3


class Board:
    """Use as a context: `with Board(port) as board`. Every method raises BoardError."""

    def __init__(self, port: str):
        self.port = port
        self._repl = RawRepl(port)

    def __enter__(self) -> Self:
        self._repl.__enter__()
        try:
            self.facts = ask(self._repl)
            self._do(PREPARE)
        except BaseException:
            self._repl.__exit__(None, None, None)  # no other process can open the port while this process has it
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._repl.__exit__(kind, error, trace)

    def hashes(self) -> dict[str, str]:
        """Path -> SHA-256 (hex) of every file."""
        lines = self._do("_walk('')").decode(errors="replace").splitlines()
        return {path: digest for digest, _, path in (line.partition(" ") for line in lines)}

    def make_folder(self, path: str) -> None:
        self._do(f"_dog.feed(); _folder({path!r})")

    def remove(self, path: str) -> None:
        self._do(f"_dog.feed(); os.remove({path!r})")

    def read(self, path: str) -> bytes:
        try:
            return bytes.fromhex(self._do(f"with open({path!r}, 'rb') as f: print(f.read().hex())").decode())
        except ValueError as error:
            raise unreadable(self.port) from error

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
        return self._number("print(_rom.ioctl(4, 0) * _rom.ioctl(5, 0) if _rom else 0)")

    def rom_hash(self, count: int) -> str:
        """SHA-256 (hex) of its first bytes."""
        return self._do(f"print(_rom_hash({count}))").decode(errors="replace").strip()

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

    def reset(self) -> None:
        """As if by its button. The board is gone from this line afterwards."""
        self._repl.exec_and_leave("import machine; machine.reset()")

    def _do(self, command: str) -> bytes:
        return self._repl.exec(command)

    def _number(self, command: str) -> int:
        try:
            return int(self._do(command))
        except ValueError as error:
            raise unreadable(self.port) from error


def ask(repl: RawRepl) -> BoardFacts:
    """Of any board at a prompt. Raises BoardError."""
    try:
        platform, machine, version, bytecode, has_wifi, files = json.loads(repl.exec(ASK))
        return BoardFacts(str(platform), str(machine), tuple(map(int, version)), int(bytecode) & 0xFF, bool(has_wifi), list(files))
    except (ValueError, TypeError, RecursionError) as error:
        raise unreadable(repl.port) from error


def unreadable(port: str) -> BoardError:
    return BoardGoneError(port, "the board answers what nobody can read")
