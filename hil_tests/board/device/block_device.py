# Flash as MicroPython sees it: blocks of 4 KiB in a file. Each program and each erase is one operation, counted; the one
# with the number in CUT_AT is not done, or half done, and the power is gone.

import page
import words

BLOCK_BYTES = 4096
_BLANK = b"\xff" * 256


class FlashFile:
    def __init__(self, file: object, size: int):
        self._file = file
        self._blocks = size // BLOCK_BYTES

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        self._file.seek(block * BLOCK_BYTES + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block: int, buffer: bytes, offset: int = 0) -> None:
        cut = self._count()
        self._file.seek(block * BLOCK_BYTES + offset)
        if cut:
            self._file.write(memoryview(buffer)[: len(buffer) // 2 * page.get(words.CUT_TORN)])
            page.die(words.EXIT_POWER_CUT)
        self._file.write(buffer)

    def ioctl(self, request: int, argument: int) -> int:
        if request == 4:  # how many blocks
            return self._blocks
        if request == 5:
            return BLOCK_BYTES
        if request == 6:
            self._erase(argument)
        return 0

    def is_blank(self) -> bool:
        start = bytearray(2 * BLOCK_BYTES)  # the two superblocks
        self.readblocks(0, start)
        return start == b"\xff" * len(start)

    def _erase(self, block: int) -> None:
        cut = self._count()
        page.put(words.BLOCK_ERASES, page.get(words.BLOCK_ERASES) + 1)
        pieces = BLOCK_BYTES // len(_BLANK)
        if cut:
            pieces = pieces // 2 * page.get(words.CUT_TORN)
        self._file.seek(block * BLOCK_BYTES)
        for _ in range(pieces):
            self._file.write(_BLANK)
        if cut:
            page.die(words.EXIT_POWER_CUT)

    def _count(self) -> bool:
        number = page.get(words.BLOCK_OPERATIONS) + 1
        page.put(words.BLOCK_OPERATIONS, number)
        return number == page.get(words.CUT_AT)
