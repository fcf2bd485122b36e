# Reads and writes the littlefs of a board that is off. For the host alone: `flash_image.py IMAGE` does what the JSON on its
# standard input says: {"write": [[path, file of the host], ...]} or {"read": path, "to": file} or {"list": true}.

import json
import os
import sys

import vfs


class _Quiet:
    # In place of page.py: nobody counts here, and the power stays.
    def get(self, word: int) -> int:
        return 0

    def put(self, word: int, value: int) -> None:
        pass


sys.modules["page"] = _Quiet()
from block_device import FlashFile  # noqa: E402


def _copy(source: object, target: object) -> None:
    while True:
        piece = source.read(4096)
        if not piece:
            return
        target.write(piece)


def _make_folders(path: str) -> None:
    at = path.find("/", 1)
    while at > 0:
        try:
            os.mkdir("/flash" + path[:at])
        except OSError as error:
            if error.errno != 17:  # EEXIST
                raise
        at = path.find("/", at + 1)


def _list(folder: str, found: dict) -> dict:
    for entry in os.ilistdir("/flash" + folder):
        path = folder + "/" + entry[0]
        if entry[1] == 0x4000:
            _list(path, found)
        else:
            found[path] = entry[3]
    return found


def _mount(image: str) -> None:
    file = open(image, "r+b")
    size = file.seek(0, 2)
    flash = FlashFile(file, size)
    if flash.is_blank():
        vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/flash")


def _obey(order: dict) -> None:
    for path, source in order.get("write", ()):
        _make_folders(path)
        with open(source, "rb") as read, open("/flash" + path, "wb") as write:
            _copy(read, write)
    if "read" in order:
        with open("/flash" + order["read"], "rb") as read, open(order["to"], "wb") as write:
            _copy(read, write)
    if "list" in order:
        print(json.dumps(_list("", {})))


_mount(sys.argv[1])
_obey(json.loads(sys.stdin.read()))
vfs.umount("/flash")
