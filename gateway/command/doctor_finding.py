"""One thing that `airgrid-gateway doctor` looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`advice` is empty when all is well."""

    subject: str
    text: str
    advice: str = ""

    @property
    def well(self) -> bool:
        return not self.advice
