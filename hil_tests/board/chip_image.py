"""The shims of the board (device/) as an image that the interpreter runs in place, as a chip has them in its ROM: bytecode on the heap
would be taken for a part of the node. Knows no board."""

from functools import cache
from pathlib import Path

from technician.build import bytecode
from technician.rom_image import rom_image

_DEVICE = Path(__file__).parent / "device"


@cache
def chip_image() -> bytes:
    return rom_image({f"{path.stem}.mpy": bytecode(path.name, path.read_bytes()) for path in sorted(_DEVICE.glob("*.py"))})
