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

    def new_folder() -> str:
        flash = RamFlash(64)
        vfs.VfsLfs2.mkfs(flash)
        try:
            vfs.umount("/scratch")
        except OSError:  # the first of this process
            pass
        vfs.mount(vfs.VfsLfs2(flash), "/scratch")
        return "/scratch"
