# ContractError
# ├── FrameError            a serial frame that is not one          reason
# ├── AuthenticationError   a message that its sender did not seal  reason
# └── MessageError          a body that is not of its type          fault
#
# Incomplete input is never an error: codecs answer None and wait.


from contract.faults import MISSING, Fault, fault_text


class ContractError(Exception):
    pass


class FrameError(ContractError):
    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class AuthenticationError(ContractError):
    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class MessageError(ContractError):
    """Carries the first fault that was found."""

    def __init__(self, path: tuple, allowed: str, value: object = MISSING):
        self.fault = Fault(path, allowed, value)
        super().__init__(fault_text(self.fault))
