"""The flash of a board as a file, read and written by the interpreter's own littlefs. Refuses to know whether the board is on."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hil_tests.board.errors import FlashToolError
from hil_tests.micropython import micropython_command

BLOCK_BYTES = 4096
_TOOL = Path(__file__).parent / "device" / "flash_image.py"
_WITHIN_S = 60


class FlashImage:
    """Paths are absolute on the flash; a leading slash may be left out."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        if size_bytes % BLOCK_BYTES:
            raise ValueError(f"size_bytes: {size_bytes} is not a multiple of {BLOCK_BYTES}")
        self.path = path
        self.size_bytes = size_bytes

    def make(self) -> None:
        """Blank flash, unless there is an image already."""
        if not self.path.exists():
            self.wipe()

    def wipe(self) -> None:
        self.path.write_bytes(b"\xff" * self.size_bytes)

    def write(self, files: Mapping[str, bytes]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            order = []
            for number, (path, content) in enumerate(files.items()):
                staged = Path(folder, str(number))
                staged.write_bytes(content)
                order.append([_absolute(path), str(staged)])
            self._run({"write": order})

    def read(self, path: str) -> bytes:
        """Raises FlashToolError when there is no such file."""
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder, "content")
            self._run({"read": _absolute(path), "to": str(target)})
            return target.read_bytes()

    def files(self) -> dict[str, int]:
        """Path to size in bytes, of every file."""
        sizes: dict[str, int] = json.loads(self._run({"list": True}))
        return dict(sorted(sizes.items()))

    def _run(self, order: dict[str, object]) -> str:
        self.make()
        command = [*micropython_command(), str(_TOOL), str(self.path)]
        done = subprocess.run(command, input=json.dumps(order), capture_output=True, text=True, timeout=_WITHIN_S)
        if done.returncode:
            raise FlashToolError(done.stdout + done.stderr)
        return done.stdout


def _absolute(path: str) -> str:
    return "/" + path.lstrip("/")
