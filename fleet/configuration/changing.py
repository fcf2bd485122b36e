"""What a person who changes a configuration is shown, and what is asked of that person: one way for the settings of nodes and for the
configuration of gateways. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.configuration.difference import Difference
from fleet.errors import RemovalError, StaleError


@dataclass(frozen=True, slots=True)
class Confirmed:
    """removes: what the person knows to be taken away. version: that the person has read; None: any."""

    removes: list[str]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """before: the version that the difference is to. removes: what is taken away, each in the words by which it is confirmed."""

    before: int
    difference: list[Difference]
    removes: list[str]


@dataclass(frozen=True, slots=True)
class Made:
    """documents: of each gateway that has to know of it, the version of its desired document."""

    version: int
    changed: Changed
    documents: Mapping[str, int]


def require_read(what: str, version: int, confirmed: Confirmed) -> None:
    """version: of what is wanted now. Raises StaleError when the person has read another."""
    if confirmed.version not in (None, version):
        raise StaleError(what, version)


def require_known(changed: Changed, confirmed: Confirmed) -> None:
    """Raises RemovalError when it takes away what the person did not name, or leaves what the person named."""
    if sorted(confirmed.removes) != sorted(changed.removes):
        raise RemovalError(changed.removes)
