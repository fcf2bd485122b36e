"""What a program shows of itself for a trial: `signs` of `airgrid-gateway status --json` and `airgrid-fleet status --json`. Pure.

Asked of the release itself, so that nothing else on a machine reads a service's configuration and database.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KEY = "signs"


@dataclass(frozen=True)
class Database:
    """`file`: None where it is no file of this machine. `form`: the one in which this version keeps it. `found`: the one in which it is;
    None: there is none yet, or it cannot be read."""

    file: str | None
    form: str
    found: str | None

    @property
    def is_readable(self) -> bool:
        """By this version, as it is."""
        return self.found == self.form


@dataclass(frozen=True)
class Shown:
    """started_ms: names the newest run of the service; None: none is known, or it does not answer. reports: when each node or source was
    last heard. receipts: how many deliveries were acknowledged ever, by the fleet service or to a gateway; it outlives the process."""

    started_ms: int | None
    reports: Mapping[str, int]
    receipts: int
    database: Database


def to_document(shown: Shown) -> dict[str, Any]:
    return asdict(shown) | {"reports": dict(shown.reports)}


def from_document(document: Mapping[str, Any]) -> Shown:
    """Raises LookupError, TypeError on what is none."""
    return Shown(document["started_ms"], dict(document["reports"]), document["receipts"], Database(**document["database"]))
