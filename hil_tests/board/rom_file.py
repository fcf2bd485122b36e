"""The partition of a board that code runs from in place, as a file. Refuses to know what the image in it is."""

from pathlib import Path

from hil_tests.board.flash_image import BLOCK_BYTES


class RomFile:
    """size_bytes 0: the board has none."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        if size_bytes % BLOCK_BYTES:
            raise ValueError(f"rom_bytes: {size_bytes} is not a multiple of {BLOCK_BYTES}")
        self.path = path
        self.size_bytes = size_bytes

    def make(self) -> None:
        """Blank, unless there is a file already."""
        if self.size_bytes and not self.path.exists():
            self.write(b"")

    def write(self, image: bytes) -> None:
        if len(image) > self.size_bytes:
            raise ValueError(f"{len(image)} bytes do not fit into a partition of {self.size_bytes}")
        self.path.write_bytes(image.ljust(self.size_bytes, b"\xff"))
