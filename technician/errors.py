# Pure.
#
# TechnicianError
# ├── BuildError       firmware that cannot be built                  path or board, reason
# ├── BoardError       a board that does not do what was asked      port, reason
# └── ProvisionError   an identity that cannot be made                reason, faults


import errno
from os import strerror

from contract.faults import Fault, fault_text


def reason_of(error: Exception) -> str:
    """The reason in the words of the system, once: pyserial wraps them in words of its own, with the number and the name in both."""
    number = error.args[0] if error.args else None
    return strerror(number) if isinstance(number, int) and number in errno.errorcode else str(error)


class TechnicianError(Exception):
    """Its text is for the person at the command line."""


class BuildError(TechnicianError):
    def __init__(self, subject: str, reason: str):
        super().__init__(f"{subject}: {reason}")
        self.subject = subject
        self.reason = reason


class BoardError(TechnicianError):
    def __init__(self, port: str, reason: str):
        super().__init__(f"{port}: {reason}")
        self.port = port
        self.reason = reason


class ProvisionError(TechnicianError):
    def __init__(self, reason: str, faults: list[Fault] | None = None):
        self.faults = faults or []
        super().__init__("\n".join([reason, *(f"  {fault_text(fault)}" for fault in self.faults)]))
        self.reason = reason
