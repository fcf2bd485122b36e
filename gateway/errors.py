"""What can go wrong in the gateway, as data. Pure.

GatewayError
├── ConfigurationError   the file is not a configuration        faults
├── IdentityError        not enrolled, or the file is damaged   path, reason (with what to do)
├── StateFolderError     the state folder cannot be used safely  path, reason, advice
├── CarrierError         a link to nodes broke                  carrier, reason
├── PageError            the local page cannot have its port     address, reason, advice
├── OutputError          an output could not be switched        output, reason
├── PortError            a serial device is not there, or went  device, reason
├── StoreError           the buffer could not commit            reason
├── DesiredError         a desired document is refused          faults, version (None: not signed by the fleet)
└── FleetError           the fleet did not do what was asked    reason, status, retry_after_s, whole_batch, unreachable
    └── AnswerError      its answer is not as the device API says
"""

import errno
from os import strerror

# How a gateway enrols; the command line adds the configuration file that it was given.
ENROL = "airgrid-gateway enrol --code CODE"
# What helps a gateway whose token the fleet does not take.
NEW_CODE = f"ask an administrator for a new code, then: {ENROL} --again"
# What helps where something else than the fleet answers.
CHECK_URL = "is [fleet] url the address of the fleet service, with the path that it has there? if so: look at its log"


def reason_of(error: Exception) -> str:
    """What the system says, in its words and once: pyserial wraps them in words of its own, with the number and the name in both."""
    number = error.args[0] if error.args else None
    return strerror(number) if isinstance(number, int) and number in errno.errorcode else str(error)


class GatewayError(Exception):
    pass


class ConfigurationError(GatewayError):
    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class IdentityError(GatewayError):
    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class StateFolderError(GatewayError):
    def __init__(self, path: str, reason: str, advice: str) -> None:
        super().__init__(f"{path}: {reason} -> {advice}")
        self.path = path
        self.reason = reason
        self.advice = advice


class CarrierError(GatewayError):
    def __init__(self, carrier: str, reason: str) -> None:
        super().__init__(f"{carrier}: {reason}")
        self.carrier = carrier
        self.reason = reason


class PageError(GatewayError):
    def __init__(self, address: str, reason: str, advice: str) -> None:
        super().__init__(f"{address}: {reason} -> {advice}")
        self.address = address
        self.reason = reason
        self.advice = advice


class OutputError(GatewayError):
    def __init__(self, output: str, reason: str) -> None:
        super().__init__(f"{output}: {reason}")
        self.output = output
        self.reason = reason


class PortError(GatewayError):
    def __init__(self, device: str, reason: str) -> None:
        super().__init__(f"{device}: {reason}")
        self.device = device
        self.reason = reason


class StoreError(GatewayError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DesiredError(GatewayError):
    """`version`: what the fleet did issue to this gateway, and is refused all the same; None when it did not, which changes nothing."""

    def __init__(self, faults: list[str], version: int | None = None) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults
        self.version = version


class FleetError(GatewayError):
    """`reason`: `fault -> advice`. `whole_batch`: the fleet itself, not something on the way, says that this request will never be taken.

    `unreachable`: nothing accepted a connection, so nothing of the request was sent.
    """

    def __init__(
        self, reason: str, *, status: int | None = None, retry_after_s: float = 0, whole_batch: bool = False, unreachable: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.retry_after_s = retry_after_s
        self.whole_batch = whole_batch
        self.unreachable = unreachable


class AnswerError(FleetError):
    """`what`: is wrong with it, after "the answer of the fleet"; the same from one try to the next."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the answer of the fleet {what} -> {CHECK_URL}")
