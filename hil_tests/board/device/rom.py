# The partition that code runs from in place, and in front of `vfs` the `rom_ioctl` by which a tool finds it: as on an ESP32 or an RP2 an
# object that is memory to be read (mapped: no part of the heap) and a block device to be written.

import sys

import vfs
from block_device import FlashFile

_GET_NUMBER_OF_SEGMENTS = 1
_GET_SEGMENT = 2
_EINVAL = 22
_parts = []


class _Partition(memoryview):
    def writeblocks(self, block: int, buffer: bytes, offset: int = 0) -> None:
        _parts[1].writeblocks(block, buffer, offset)

    def ioctl(self, request: int, argument: int) -> int:
        return _parts[1].ioctl(request, argument)


def __getattr__(name: str) -> object:
    return getattr(vfs, name)


def rom_ioctl(request: int, segment: int = 0, *arguments) -> object:
    if request == _GET_NUMBER_OF_SEGMENTS:
        return 1
    if request == _GET_SEGMENT and segment == 0:
        return _parts[0]
    return -_EINVAL


def attach(file: object, memory: bytearray) -> list:
    """Both are the same bytes. Mounts the image in them, if there is one; returns where programs are to be looked for."""
    _parts[:] = _Partition(memory), FlashFile(file, len(memory))
    sys.modules["vfs"] = sys.modules["rom"]
    try:
        vfs.mount(vfs.VfsRom(_parts[0]), "/rom")
    except OSError:  # blank, or written in part
        return []
    return ["/rom", "/rom/lib"]
