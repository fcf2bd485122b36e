"""The firmware onto a board: compares, writes what differs, resets. Knows the order, neither the wire nor the screen.
Pure.

Where the board has a partition that code runs from in place, and the application fits, it goes there as one image; files of it in the
file system, which would take precedence, go after that. Elsewhere it is files.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple, Protocol

from technician.errors import BoardError
from technician.flash_layout import SLOT, application
from technician.flash_plan import plan
from technician.rom_image import rom_image

# What the interpreter of a board calls its chip family, by the start of the board's name.
PLATFORMS = {"esp32": "esp32", "pico": "rp2", "virtual": "linux"}

# How the image is called among what was written: where the board mounts it.
IMAGE = "/rom"


class Flash(Protocol):
    """What a board offers (board.py)."""

    port: str

    def platform(self) -> str: ...
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


def flash(board: Flash, name: str, wanted: dict[str, bytes], progress: Callable[[int, int], None]) -> Flashed:
    """`progress` hears bytes done and bytes in all. Raises BoardError, also when the chip is of another family than the build."""
    expected = next(family for start, family in PLATFORMS.items() if name.startswith(start))
    if board.platform() != expected:
        raise BoardError(board.port, f"is of the family {board.platform()}, the build {name} is for {expected}")
    image = rom_image(application(wanted))
    in_place = len(image) <= board.rom_bytes()
    if in_place:
        wanted = {path: content for path, content in wanted.items() if not path.startswith(SLOT + "/")}
    image_is_new = in_place and board.rom_hash(len(image)) != hashlib.sha256(image).hexdigest()
    todo = plan(wanted, board.hashes())
    total = sum(len(wanted[path]) for path in todo.write) + len(image) * image_is_new
    done = 0

    def written(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    if image_is_new:
        board.write_rom(image, written)
    for path in todo.remove:
        board.remove(path)
    board.drop_empty_folders(SLOT)
    for path in todo.folders:
        board.make_folder(path)
    for path in todo.write:
        board.write(path, wanted[path], written)
    board.reset()
    return Flashed([IMAGE] * image_is_new + todo.write, todo.remove, todo.same + (in_place and not image_is_new), total, in_place)
