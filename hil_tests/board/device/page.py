# The board's side of the shared page, and the calls of the C library that a chip does in hardware: to end at once, to wake
# the host. Reading a 64-bit field of uctypes makes a heap integer, so `get` joins two halves; writing makes none.

import sys

import ffi
import uctypes
import words

_libc = ffi.open(None)
_mmap = _libc.func("p", "mmap", "pLiiil")
_exit = _libc.func("v", "_exit", "i")
_write = _libc.func("i", "write", "iPL")
_read = _libc.func("i", "read", "iPL")
_shutdown = _libc.func("i", "shutdown", "ii")
_ioctl = _libc.func("i", "ioctl", "iLP")

_PROT_READ_WRITE = 3
_MAP_SHARED = 1
_SIGKILL = 9
_PR_SET_PDEATHSIG = 1
_SHUT_RDWR = 2
_FIONREAD = 0x541B
_ONE = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # what an eventfd takes

_answer = bytearray(4)
_token = bytearray(8)


def _map(fd: int) -> int:
    return _mmap(0, words.PAGE_BYTES, _PROT_READ_WRITE, _MAP_SHARED, fd, 0)


page_fd, wake_fd = int(sys.argv[1]), int(sys.argv[2])
_ask_fd, _go_fd = [int(fd) for fd in sys.argv[7].split(",")]
_at = _map(page_fd)
_halves = uctypes.struct(_at, {"n": (0 | uctypes.ARRAY, words.PAGE_BYTES // 4 | uctypes.INT32)}).n
_whole = uctypes.struct(_at, {"n": (0 | uctypes.ARRAY, words.PAGE_BYTES // 8 | uctypes.INT64)}).n
memory = memoryview(uctypes.bytearray_at(_at, words.PAGE_BYTES))


def get(word: int) -> int:
    return (_halves[2 * word + 1] << 32) | (_halves[2 * word] & 0xFFFFFFFF)


def put(word: int, value: int) -> None:
    _whole[word] = value


def die(code: int) -> None:
    _exit(code)


def die_with_host() -> None:
    _libc.func("i", "prctl", "iLLLL")(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if _libc.func("i", "getppid", "")() == 1:  # the host ended before the line above
        die(1)


def wake_host() -> None:
    _write(wake_fd, _ONE, len(_ONE))


def wait_for_bench() -> None:
    put(words.WAITING, 1)
    _write(_ask_fd, _ONE, len(_ONE))
    while _read(_go_fd, _token, len(_token)) != len(_token):
        pass


def let_time_pass() -> None:
    put(words.WAITING, 2)
    _write(_ask_fd, _ONE, len(_ONE))


def disconnect(fd: int) -> None:
    _shutdown(fd, _SHUT_RDWR)


def waiting_bytes(fd: int) -> int:
    _ioctl(fd, _FIONREAD, _answer)
    return int.from_bytes(_answer, "little")
