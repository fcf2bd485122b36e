"""What can go wrong between a service and its machine, as data. Pure.

HostError
├── InstallationError    a step of an installation failed               step, reason
├── ReleaseError         a version cannot be made or put into use       what, reason
├── StateInUseError      a service runs on this state folder            path
├── CopyError            a copy of a state cannot be made or used       path, reason
├── RestoreError         a copy cannot be put back here and now         path, reason
└── UnreadableError      a file of settings that cannot be read         path, reason
"""


class HostError(Exception):
    pass


class InstallationError(HostError):
    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason


class ReleaseError(HostError):
    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what}: {reason}")
        self.what = what
        self.reason = reason


class StateInUseError(HostError):
    def __init__(self, path: str) -> None:
        super().__init__(f"{path}: in use by a service that runs -> stop it first")
        self.path = path


class CopyError(HostError):
    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class RestoreError(HostError):
    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class UnreadableError(HostError):
    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
