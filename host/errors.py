"""What can go wrong between a service and its machine, as data. Pure.

HostError
├── InstallationError    a step of an installation failed    step, reason
└── ReleaseError         a version cannot be made or put into use    what, reason
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
