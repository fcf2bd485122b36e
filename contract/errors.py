# ContractError
# ├── FrameError            a serial frame that is not one          reason
# ├── AuthenticationError   a message that its sender did not seal  reason
# ├── MessageError          a body that is not of its type          path, reason
# └── CanonicalError        a value that has no canonical form      path, reason
#
# Incomplete input is never an error: codecs answer None and wait.


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
    def __init__(self, path: str, reason: str):
        super().__init__(path + ": " + reason)
        self.path = path
        self.reason = reason


class CanonicalError(ContractError):
    def __init__(self, path: str, reason: str):
        super().__init__(path + ": " + reason)
        self.path = path
        self.reason = reason
