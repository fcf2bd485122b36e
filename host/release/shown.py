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
    last heard. receipts: how many deliveries were acknowledged ever, by the fleet service or to a gateway; it outlives the process. None:
    they could not be counted, which is not the same as none."""

    started_ms: int | None
    reports: Mapping[str, int]
    receipts: int | None
    database: Database


def to_document(shown: Shown) -> dict[str, Any]:
    return asdict(shown) | {"reports": dict(shown.reports)}


def from_document(document: Mapping[str, Any]) -> Shown:
    """Raises LookupError, TypeError on what is none."""
    return Shown(document["started_ms"], dict(document["reports"]), document["receipts"], Database(**document["database"]))


def is_changed(old: Shown | None, new: Shown | None) -> bool | None:
    """Whether a database is in the form of the new version, by what both versions say of it; None for a version: it cannot even say how it
    is. None: no version has read it, and it may be either."""
    for shown, is_new in ((old, False), (new, True)):
        if shown is not None and shown.database.found is not None:
            return is_new if shown.database.is_readable else not is_new
        if shown is not None and shown.receipts is not None:
            return False  # it answers, and has no tables yet
    return None
