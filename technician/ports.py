"""Serial ports as this machine has them: whether one may be used, who uses it, and that no other program does meanwhile. Knows no board.

A port is locked by `flock`, which every tool that asks for it honours, and by TIOCEXCL, which the kernel enforces against the others
(but not against root). Linux only: what stands in /proc, and what the group of a device is called.
"""

import errno
import fcntl
import getpass
import grp
import os
import stat
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from technician.errors import GONE_NUMBERS, BoardGoneError, PortError, reason_of

_PROC = Path("/proc")
LOOK = "airgrid-node list"
APPEAR_LIMIT_S = 4.0
_LOOK_AGAIN_S = 0.1
# A path that leads to no device, however it does so.
_NO_PORT = (errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)
_OF_USB = ("/dev/ttyACM", "/dev/serial/")


def appear(port: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Waits for a port that a board has by USB of its own chip: it leaves the bus when it is reset, and comes back."""
    for _ in range(round(APPEAR_LIMIT_S / _LOOK_AGAIN_S)):
        if Path(port).exists() or not port.startswith(_OF_USB):
            return
        sleep(_LOOK_AGAIN_S)


def require_usable(port: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Raises PortError, with what to do, when this user may not use it or another program has it open. Does not open it: on many boards
    that moves the lines of reset and boot."""
    try:
        status = Path(port).stat()
    except OSError as error:
        raise port_error(port, error) from error
    if not stat.S_ISCHR(status.st_mode) or _subsystem(status.st_rdev) not in ("tty", ""):
        raise no_port(port)
    if not os.access(port, os.R_OK | os.W_OK):
        raise port_error(port, PermissionError(errno.EACCES, ""))
    if _user_of(status.st_rdev):
        # A program that ends, or that starts another one, has it for a moment more.
        sleep(_LOOK_AGAIN_S)
        if user := _user_of(status.st_rdev):
            raise in_use(port, user)


def why_not(port: str) -> PortError | BoardGoneError:
    """Of a port that could not be opened, for a reason that was not given."""
    try:
        descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        return port_error(port, error)
    try:
        termios.tcgetattr(descriptor)
    except termios.error:  # also of a port of the mainboard that leads nowhere
        return no_port(port)
    finally:
        os.close(descriptor)
    return in_use(port, "")  # what is left is a lock


def no_port(port: str) -> PortError:
    return PortError(port, "this is no serial port, or there is nothing behind it", f"choose one of: {LOOK}")


def lock(port: str, descriptor: int) -> None:
    """An open port, until it is closed. Raises PortError when another program has locked it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.ioctl(descriptor, termios.TIOCEXCL)
    except OSError as error:
        raise port_error(port, error) from error


def unlock(descriptor: int) -> None:
    """Before it is closed, which alone ends neither: the kernel keeps TIOCEXCL as long as any program has the port open, as the far end of
    a pseudo-terminal has it, and a `flock` as long as any copy of the descriptor is open, as a child has it between fork and exec."""
    with suppress(OSError):
        fcntl.ioctl(descriptor, termios.TIOCNXCL)
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def port_error(port: str, error: Exception) -> PortError | BoardGoneError:
    """What an error of opening or using a port means, and what to do."""
    number = error.errno if isinstance(error, OSError) else error.args[0] if error.args else None
    if number in (errno.EACCES, errno.EPERM):
        return PortError(port, "you have no permission to use it", _way_to_permission(port))
    if number in _NO_PORT:
        return PortError(port, f"there is no such port ({reason_of(error)})", f"plug the board in, and look with: {LOOK}")
    if number in (errno.EBUSY, errno.EWOULDBLOCK):
        return in_use(port, _user_of(_device_of(port)))
    if number in GONE_NUMBERS:
        return BoardGoneError(port)
    return PortError(port, reason_of(error), f"look with: {LOOK}")


def in_use(port: str, user: str) -> PortError:
    return PortError(port, f"it is in use by {user or 'another program'}", "end that program, then run the same command again")


def _way_to_permission(port: str) -> str:
    try:
        group = grp.getgrgid(Path(port).stat().st_gid)
    except (OSError, KeyError):
        return "run it as a user who may use the port"
    user = getpass.getuser()
    if group.gr_name == "root":
        return "run it as a user who may use the port"
    if user in group.gr_mem:
        return f"you are in the group {group.gr_name} since you logged in: log out, and log in again"
    return f"join the group {group.gr_name} (sudo usermod -aG {group.gr_name} {user}), log out, and log in again"


def _device_of(port: str) -> int:
    with suppress(OSError):
        return Path(port).stat().st_rdev
    return 0


def _subsystem(device: int) -> str:
    """What the kernel counts a device as; "" for what it does not list, such as a pseudo-terminal."""
    link = Path(f"/sys/dev/char/{os.major(device)}:{os.minor(device)}/subsystem")
    return link.resolve().name if link.exists() else ""


def _user_of(device: int) -> str:
    """Of the processes that this user may look into, one that has the device open: "minicom (process 4711)"; "" for none."""
    for process in _PROC.iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid() and _has_open(process, device):
            with suppress(OSError):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


def _has_open(process: Path, device: int) -> bool:
    # Processes of others, and those that end meanwhile, show nothing.
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                status = link.stat()
                if stat.S_ISCHR(status.st_mode) and status.st_rdev == device:
                    return True
    return False
