# The first instruction of a chip: maps its own programs, which the host has compiled into an image (chip_image.py), and goes on there.
#
#   bootstrap.py PAGE_FD WAKE_FD UNIQUE_ID(hex) UART_FD,UART_FD,... FLASH_FILE FLASH_BYTES ASK_FD,GO_FD CHIP_FILE ROM_FILE
#
# ROM_FILE is empty for a board without a partition for code that runs in place.

import os
import sys

import ffi
import uctypes
import vfs

_PROT_READ = 1
_MAP_SHARED = 1


def mapped(path: str) -> bytearray:
    # The bytes of a file where they are, not a copy: no part of the heap. To be read only.
    size = os.stat(path)[6]
    with open(path, "rb") as file:
        at = ffi.open(None).func("p", "mmap", "pLiiil")(0, size, _PROT_READ, _MAP_SHARED, file.fileno(), 0)
    return uctypes.bytearray_at(at, size)


programs = vfs.VfsRom(mapped(sys.argv[8]))
vfs.mount(programs, "/chip")
sys.path[:] = [".frozen"]
import asyncio.core  # noqa: E402, F401 - binds the interpreter's own clock, which its C tasks also use

sys.path.insert(0, "/chip")
import chip  # noqa: E402

chip.main(mapped, programs)
