"""The versions that a part of a configuration has had, as people read them: who made each, when, why, and what it changed. One way for the
settings of nodes and for the sections of gateways; does not depend on the tables that they come of.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fleet.configuration.difference import Difference
from fleet.errors import NotFoundError
from fleet.http import paging


@dataclass(frozen=True, slots=True)
class Version:
    """value: whole. Version 0 is what holds before anything is asked: by nobody, at no time."""

    version: int
    value: Any
    author: str = ""
    reason: str = ""
    created_ms: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """difference: to the version before."""

    version: int
    author: str
    reason: str
    created_ms: int | None
    difference: list[Difference]


@dataclass(frozen=True, slots=True)
class History:
    """items: the newest first. next: the cursor of the next page; None on the last one."""

    items: list[HistoryEntry]
    next: str | None


@dataclass(frozen=True, slots=True)
class Versions:
    """what: as in `the settings of n-1`. empty: the value of version 0. stored(below, limit): the newest first, of those less than
    `below`."""

    what: str
    empty: Any
    differ: Callable[[Any, Any], list[Difference]]
    stored: Callable[[int | None, int], list[Version]]

    def whole(self, version: int) -> Version:
        """Raises NotFoundError."""
        found = [Version(0, self.empty)] if version == 0 else self.stored(version + 1, 1)
        if not found or found[0].version != version:
            raise NotFoundError("version", f"{version} of {self.what}")
        return found[0]

    def before(self, version: int) -> Version:
        """The one before that."""
        found = self.stored(version, 1)
        return found[0] if found else Version(0, self.empty)

    def history(self, below: int | None, limit: int) -> History:
        found = self.stored(below, limit + 1)
        older = [*found[1:], Version(0, self.empty)]
        entries = [
            HistoryEntry(one.version, one.author, one.reason, one.created_ms, self.differ(before.value, one.value))
            for one, before in zip(found[:limit], older)
        ]
        return History(entries, paging.cursor(entries[-1].version) if len(found) > limit else None)


def below(cursor: str | None) -> int | None:
    """Only versions less than this are on the page. Raises InvalidError."""
    return None if cursor is None else paging.numbers_of(cursor, 1)[0]
