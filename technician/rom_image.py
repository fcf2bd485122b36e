"""The image that a board runs its application from in place (ROMFS, MicroPython 1.25): files in, bytes out. Pure.

MicroPython's own format, written by mpremote's writer. A board that has room for it finds its files under /rom.
"""

from typing import Any

from mpremote.romfs import VfsRomWriter

Tree = dict[str, Any]


def rom_image(files: dict[str, bytes]) -> bytes:
    """files: path in the image -> content."""
    tree: Tree = {}
    for path, content in sorted(files.items()):
        *folders, name = path.strip("/").split("/")
        at = tree
        for folder in folders:
            at = at.setdefault(folder, {})
        at[name] = content
    writer = VfsRomWriter()
    _write(writer, tree)
    return bytes(writer.finalise())


def _write(writer: VfsRomWriter, tree: Tree) -> None:
    for name, entry in tree.items():
        if isinstance(entry, dict):
            writer.opendir(name)
            _write(writer, entry)
            writer.closedir()
        else:
            writer.mkfile(name, entry)
