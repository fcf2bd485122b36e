# Pure.
#
# TechnicianError          reason, state, next_step
# ├── BuildError           firmware that cannot be built                     path or board
# ├── BoardError           a board that does not do what was asked           port
# │   ├── PortError        the port cannot be opened, or is not to be used   port
# │   ├── NoPythonError    nothing that speaks MicroPython answers           port
# │   └── BoardGoneError   it answered, and does so no more                  port
# ├── FleetError           the fleet cannot be reached, or refuses           status
# ├── ProvisionError       an identity that cannot be made                   faults
# └── InterruptError       a person has pressed Ctrl-C
#
# Each is for the person at the command line, and says three things: what is wrong, in which state that leaves the board (or the fleet), and
# what to do next. Where it is raised, the state is seldom known; a caller that knows it adds it with `leaving`.

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import strerror

from contract.faults import Fault, fault_text

# What the system says of a port whose board has been pulled.
GONE_NUMBERS = (errno.EIO, errno.EPIPE, errno.ENOTCONN, errno.EBADF, errno.EINVAL, errno.EPROTO, errno.ETIMEDOUT)
PLUG_IN = "plug it in, and run the same command again"


def reason_of(error: Exception) -> str:
    """The reason in the words of the system, once: pyserial wraps them in words of its own, with the number and the name in both."""
    number = error.args[0] if error.args else None
    return strerror(number) if isinstance(number, int) and number in errno.errorcode else str(error)


class TechnicianError(Exception):
    def __init__(self, reason: str, next_step: str, state: str = ""):
        super().__init__(reason)
        self.reason = reason
        self.next_step = next_step
        self.state = state

    def __str__(self) -> str:
        return "\n".join(line for line in (self.reason, self.state, f"Next: {self.next_step}.") if line)


@contextmanager
def leaving(state: str | Callable[[], str], next_step: str = "") -> Iterator[None]:
    """An error of the block that says nothing of the state that it leaves says this; a function is asked then. next_step: instead of the
    error's own. Ctrl-C in it is an InterruptError."""
    try:
        yield
    except TechnicianError as error:
        if not error.state:
            error.state = state if isinstance(state, str) else state()
            error.next_step = next_step or error.next_step
        raise
    except KeyboardInterrupt as error:
        raise InterruptError(state if isinstance(state, str) else state()) from error


class InterruptError(TechnicianError):
    def __init__(self, state: str):
        super().__init__("interrupted", "run the same command again: it goes on from there", state)


class BuildError(TechnicianError):
    def __init__(self, subject: str, reason: str, next_step: str):
        super().__init__(f"{subject}: {reason}", next_step)
        self.subject = subject


class BoardError(TechnicianError):
    def __init__(self, port: str, reason: str, next_step: str):
        super().__init__(f"{port}: {reason}", next_step)
        self.port = port


class PortError(BoardError):
    pass


class NoPythonError(BoardError):
    pass


class BoardGoneError(BoardError):
    def __init__(self, port: str, reason: str = "the board went away"):
        super().__init__(port, reason, PLUG_IN)


class FleetError(TechnicianError):
    """status: of HTTP; None when there was no answer."""

    def __init__(self, reason: str, next_step: str, status: int | None = None):
        super().__init__(reason, next_step)
        self.status = status


class ProvisionError(TechnicianError):
    def __init__(self, reason: str, next_step: str, faults: list[Fault] | None = None):
        self.faults = faults or []
        super().__init__("\n".join([reason, *(f"  {fault_text(fault)}" for fault in self.faults)]), next_step)
