# What a chip does before and around the programs: mounts its flash, runs boot.py, then main.py, then serves the console.
#
#   bootstrap.py PAGE_FD WAKE_FD UNIQUE_ID(hex) UART_FD,UART_FD,... FLASH_FILE FLASH_BYTES ASK_FD,GO_FD
#
# It imports its shims from the host's folder and forgets that folder: the programs see the flash and frozen modules alone.

import gc
import os
import sys

import vfs

_device = sys.path[0]
sys.path[:] = [".frozen"]
import asyncio.core  # noqa: E402, F401 - binds the interpreter's own clock, which its C tasks also use

sys.path.insert(0, _device)
import page  # noqa: E402
import words  # noqa: E402

_PRIVATE = ("page", "words", "block_device", "scaled_waits", "lockstep", "heap_probe")


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


def _mount(path: str, size: int) -> None:
    from block_device import FlashFile

    flash = FlashFile(open(path, "r+b"), size)
    if flash.is_blank():
        vfs.VfsLfs2.mkfs(flash)
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(flash), "/")
    os.chdir("/")


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


def _hide() -> object:
    # The way back to the host's folder, for the REPL.
    host = vfs.VfsPosix(_device)
    for name in _PRIVATE:
        sys.modules.pop(name, None)
    sys.path[:] = ["", ".frozen", "/lib"]
    del sys.argv[:]
    return host


def _serve_console(host: object, names: dict, raw: bool) -> None:
    sys.modules["page"], sys.modules["words"] = page, words
    repl = {"__name__": "repl"}
    with host.open("/repl.py", "r") as source:
        exec(compile(source.read(), "repl.py", "exec"), repl)
    _hide()
    if page.get(words.LOCKSTEP):
        page.let_time_pass()
    repl["serve"](names, raw)


def _main() -> None:
    page.die_with_host()
    _shims()
    _mount(sys.argv[5], int(sys.argv[6]))
    host = _hide()
    names = {"__name__": "__main__"}
    raw = bool(page.get(words.RAW_REPL))
    gc.collect()
    page.put(words.SHIM_HEAP_BYTES, gc.mem_alloc())
    _run("boot.py", names)
    if not raw:
        _run("main.py", names)
    _serve_console(host, names, raw)


_main()
