"""One program on one virtual board, for the tests of the board itself."""

from pathlib import Path
from textwrap import dedent

from hil_tests.board.board import VirtualBoard

UNIQUE_ID = "02a1b2c3d4e5"


def board_with(folder: Path, main: str, *, boot: str = "", heap: str = "512k", rate: float = 1.0, ticks_start_ms: int = 0) -> VirtualBoard:
    """Off, with main.py (and boot.py) on its flash."""
    board = VirtualBoard(folder, unique_id=UNIQUE_ID, heap=heap, rate=rate, ticks_start_ms=ticks_start_ms)
    board.flash({"boot.py": dedent(boot).encode(), "main.py": dedent(main).encode()})
    return board
