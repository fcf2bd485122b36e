"""The firmware onto a board: compares, writes what differs, resets. Knows the order, neither the wire nor the screen.
Pure.

Where the board has a partition that code runs from in place, and the application fits, it goes there as one image; files of it in the
file system, which would take precedence, go after that. Elsewhere it is files.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple, Protocol

from technician.board_kinds import BoardFacts, require_fit
from technician.errors import leaving
from technician.flash_layout import SLOT, application
from technician.flash_plan import plan
from technician.rom_image import rom_image

# How the image is called among what was written: where the board mounts it.
IMAGE = "/rom"


class Flash(Protocol):
    """What a board offers (board.py)."""

    port: str
    facts: BoardFacts

    def hashes(self) -> dict[str, str]: ...
    def make_folder(self, path: str) -> None: ...
    def remove(self, path: str) -> None: ...
    def write(self, path: str, content: bytes, written: Callable[[int], None]) -> None: ...
    def drop_empty_folders(self, path: str) -> None: ...
    def rom_bytes(self) -> int: ...
    def rom_hash(self, count: int) -> str: ...
    def write_rom(self, image: bytes, written: Callable[[int], None]) -> None: ...
    def reset(self) -> None: ...


class Flashed(NamedTuple):
    """in_place: the application runs from an image. written: files, and "/rom" when that is new."""

    written: list[str]
    removed: list[str]
    same: int
    bytes_written: int
    in_place: bool


def flash(board: Flash, name: str, builds: list[str], wanted: dict[str, bytes], progress: Callable[[int, int], None]) -> Flashed:
    """builds: all that there are. `progress` hears bytes done and bytes in all. Raises BoardError, which says how far it came; also when
    the board is of another kind than the build, and then nothing was written."""
    with leaving("Nothing was written to the board."):
        require_fit(board.port, board.facts, name, builds)
        image = rom_image(application(wanted))
        in_place = len(image) <= board.rom_bytes()
        if in_place:
            wanted = {path: content for path, content in wanted.items() if not path.startswith(SLOT + "/")}
        image_is_new = in_place and board.rom_hash(len(image)) != hashlib.sha256(image).hexdigest()
        todo = plan(wanted, board.hashes())
    writes = _Writes(len(todo.write) + image_is_new, sum(len(wanted[path]) for path in todo.write) + len(image) * image_is_new, progress)
    with leaving(writes.state):
        if image_is_new:
            board.write_rom(image, writes.written)
            writes.files_done += 1
        for path in todo.remove:
            board.remove(path)
        board.drop_empty_folders(SLOT)
        for path in todo.folders:
            board.make_folder(path)
        for path in todo.write:
            board.write(path, wanted[path], writes.written)
            writes.files_done += 1
        with leaving("Everything is written; the board was not reset.", "press its reset button"):
            board.reset()
    return Flashed([IMAGE] * image_is_new + todo.write, todo.remove, todo.same + (in_place and not image_is_new), writes.total, in_place)


class _Writes:
    """How far the writing is: in files for the person whose board goes away, in bytes for a bar."""

    def __init__(self, files: int, total: int, progress: Callable[[int, int], None]):
        self.total = total
        self.files_done = 0
        self._files = files
        self._progress = progress
        self._bytes_done = 0

    def written(self, count: int) -> None:
        self._bytes_done += count
        self._progress(self._bytes_done, self.total)

    def state(self) -> str:
        return f"{self.files_done} of {self._files} files were written; the rest is missing or as it was."
