# Flash in RAM for a littlefs of MicroPython, with a power cut: from the operation number `cut_at` on (1 is the first), programs and
# erases only fail; that one itself is left half done when `torn`. A chip that lost its power stays dead: put its content into another.

BLOCK_BYTES = 4096
_EIO = 5


class RamFlash:
    def __init__(self, blocks: int, content: "bytes | None" = None, cut_at: "int | None" = None, torn: bool = False):
        self.data = bytearray(content or b"\xff" * (blocks * BLOCK_BYTES))
        self.operations = 0
        self._cut_at = cut_at
        self._torn = torn

    def cut_at(self, number: "int | None", torn: bool) -> None:
        """From here on; None: the power is back."""
        self.operations = 0
        self._cut_at = number
        self._torn = torn

    @property
    def is_dead(self) -> bool:
        return self._cut_at is not None and self.operations >= self._cut_at

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        at = block * BLOCK_BYTES + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, block: int, buffer: bytes, offset: int = 0) -> None:
        self._program(block * BLOCK_BYTES + offset, buffer)

    def ioctl(self, request: int, argument: int) -> int:
        if request == 4:
            return len(self.data) // BLOCK_BYTES
        if request == 5:
            return BLOCK_BYTES
        if request == 6:
            self._program(argument * BLOCK_BYTES, b"\xff" * BLOCK_BYTES)
        return 0

    def _program(self, at: int, content: bytes) -> None:
        self.operations += 1
        if self._cut_at is not None and self.operations >= self._cut_at:
            if self._torn and self.operations == self._cut_at:
                half = len(content) // 2
                self.data[at : at + half] = content[:half]
            raise OSError(_EIO)
        self.data[at : at + len(content)] = content
