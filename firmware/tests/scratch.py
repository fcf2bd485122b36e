# An empty folder to write into: of the machine on CPython, of a littlefs in RAM on MicroPython.

try:
    import tempfile

    _KEPT = []  # each is removed with the process

    def new_folder() -> str:
        _KEPT.append(tempfile.TemporaryDirectory())
        return _KEPT[-1].name

except ImportError:  # MicroPython
    import vfs

    from firmware.tests.ram_flash import RamFlash

    _FLASH = RamFlash(64)  # one for all: a heap that is in pieces has no room for a second

    def new_folder() -> str:
        try:
            vfs.umount("/scratch")
        except OSError:  # the first of this process
            pass
        vfs.VfsLfs2.mkfs(_FLASH)
        vfs.mount(vfs.VfsLfs2(_FLASH), "/scratch")
        return "/scratch"
