# What a chip does before and around the programs: mounts its flash, and the image in its ROM partition if it has one, runs boot.py, then
# main.py, then serves the console. Started by bootstrap.py, whose arguments it takes.
#
# It and the shims run in place from an image of the host's and are forgotten as files: the programs see the flash and frozen modules alone.

import gc
import os
import sys

import page
import vfs
import words

_PRIVATE = ("bootstrap", "chip", "page", "words", "block_device", "rom", "scaled_waits", "lockstep", "heap_probe")


def _shims() -> None:
    import socket  # noqa: F401
    import time  # noqa: F401

    import machine  # noqa: F401
    import network  # noqa: F401

    if page.get(words.RATE_MILLI) != 1000:
        import scaled_waits

        scaled_waits.apply()
    if page.get(words.HEAP_PROBE_MS):
        import heap_probe

        heap_probe.start(page.get(words.HEAP_PROBE_MS))


def _mount(path: str, size: int, rom_path: str, mapped: object) -> list:
    in_rom = []
    from block_device import FlashFile

    flash = FlashFile(open(path, "r+b"), size)
    if flash.is_blank():
        vfs.VfsLfs2.mkfs(flash)
    if rom_path:
        import rom

        in_rom = rom.attach(open(rom_path, "r+b"), mapped(rom_path))
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(flash), "/")
    os.chdir("/")
    return in_rom


def _run(path: str, names: dict) -> None:
    try:
        os.stat(path)
    except OSError:
        return
    page.put(words.INTERRUPTIBLE, 1)
    try:
        execfile(path, names)  # noqa: F821 - a builtin of MicroPython
    except SystemExit:
        page.die(words.EXIT_SOFT_RESET)
    except BaseException as error:  # noqa: BLE001 - the outer edge of a program
        sys.print_exception(error)
    finally:
        page.put(words.INTERRUPTIBLE, 0)


def _hide(in_rom: list) -> None:
    vfs.umount("/chip")
    for name in _PRIVATE:
        sys.modules.pop(name, None)
    sys.path[:] = ["", ".frozen", "/lib"]
    sys.path.extend(in_rom)
    del sys.argv[:]


def _serve_console(programs: object, in_rom: list, names: dict, raw: bool) -> None:
    sys.modules["page"], sys.modules["words"] = page, words
    vfs.mount(programs, "/chip")
    sys.path.insert(0, "/chip")
    import repl

    _hide(in_rom)
    if page.get(words.LOCKSTEP):
        page.let_time_pass()
    repl.serve(names, raw)


def main(mapped: object, programs: object) -> None:
    """Both of bootstrap.py; `programs`: the file system of the shims, the way back to them for the console."""
    page.die_with_host()
    _shims()
    in_rom = _mount(sys.argv[5], int(sys.argv[6]), sys.argv[9], mapped)
    _hide(in_rom)
    names = {"__name__": "__main__"}
    raw = bool(page.get(words.RAW_REPL))
    gc.collect()
    page.put(words.SHIM_HEAP_BYTES, gc.mem_alloc())
    _run("boot.py", names)
    if not raw:
        _run("main.py", names)
    _serve_console(programs, in_rom, names, raw)
