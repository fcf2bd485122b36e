"""The firmware onto a board: compares, writes what differs, resets. Knows the order, neither the wire nor the screen."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from technician.errors import BoardError
from technician.flash_plan import plan

# What the interpreter of a board calls its chip family, by the start of the board's name.
PLATFORMS = {"esp32": "esp32", "pico": "rp2", "virtual": "linux"}


class Flash(Protocol):
    """What a board offers (board.py)."""

    port: str

    def platform(self) -> str: ...
    def hashes(self) -> dict[str, str]: ...
    def make_folder(self, path: str) -> None: ...
    def remove(self, path: str) -> None: ...
    def write(self, path: str, content: bytes, written: Callable[[int], None]) -> None: ...
    def reset(self) -> None: ...


class Flashed(NamedTuple):
    written: list[str]
    removed: list[str]
    same: int
    bytes_written: int


def flash(board: Flash, name: str, wanted: dict[str, bytes], progress: Callable[[int, int], None]) -> Flashed:
    """`progress` hears bytes done and bytes in all. Raises BoardError, also when the chip is of another family than the build."""
    expected = next(family for start, family in PLATFORMS.items() if name.startswith(start))
    if board.platform() != expected:
        raise BoardError(board.port, f"is of the family {board.platform()}, the build {name} is for {expected}")
    todo = plan(wanted, board.hashes())
    total = sum(len(wanted[path]) for path in todo.write)
    done = 0

    def written(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    for path in todo.remove:
        board.remove(path)
    for path in todo.folders:
        board.make_folder(path)
    for path in todo.write:
        board.write(path, wanted[path], written)
    board.reset()
    return Flashed(todo.write, todo.remove, todo.same, total)
