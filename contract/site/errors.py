# CanonicalError        a value that has no canonical form      fault

from contract.errors import ContractError
from contract.faults import Fault, fault_text


class CanonicalError(ContractError):
    def __init__(self, path: "tuple[str | int, ...]", allowed: str, value: object):
        self.fault = Fault(path, allowed, value)
        super().__init__(fault_text(self.fault))
