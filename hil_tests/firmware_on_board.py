"""The firmware of this checkout on a virtual board that is off, as `airgrid-node flash` leaves it. Knows no node."""

from hil_tests.board.board import VirtualBoard
from technician.build import flash_files
from technician.flash_layout import BOOT_FILES, application
from technician.rom_image import rom_image

# As large as a district's boards have it: what the application needs, twice.
ROM_BYTES = 256 * 1024


def install(board: VirtualBoard, own: dict[str, bytes], *, in_place: bool) -> None:
    """own: the node's own files. in_place: the application as an image, on a board with a partition for it; else as files."""
    files = flash_files("virtual")
    if in_place:
        board.flash_rom(rom_image(application(files)))
        files = {f"/{name}": files[f"/{name}"] for name in BOOT_FILES}
    board.flash({**files, **own})
