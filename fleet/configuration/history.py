"""The versions that a part of a configuration has had, as people read them: who made each, when, why, and what it changed. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fleet.configuration.difference import Difference
from fleet.http import paging


@dataclass(frozen=True, slots=True)
class Version:
    """value: whole. Version 0 is what holds before anything is asked."""

    version: int
    value: Any
    author: str = ""
    reason: str = ""
    created_ms: int = 0


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """difference: to the version before."""

    version: int
    author: str
    reason: str
    created_ms: int
    difference: list[Difference]


@dataclass(frozen=True, slots=True)
class History:
    """items: the newest first. next: the cursor of the next page; None on the last one."""

    items: list[HistoryEntry]
    next: str | None


def history(found: Sequence[Version], limit: int, empty: Any, differ: Callable[[Any, Any], list[Difference]]) -> History:
    """found: the newest first, one more than the limit where there are more."""
    before = [*found[1:], Version(0, empty)]
    entries = [
        HistoryEntry(one.version, one.author, one.reason, one.created_ms, differ(older.value, one.value))
        for one, older in zip(found[:limit], before)
    ]
    return History(entries, paging.cursor(entries[-1].version) if len(found) > limit else None)


def below(cursor: str | None) -> int | None:
    """Only versions less than this are on the page. Raises InvalidError."""
    return None if cursor is None else paging.numbers_of(cursor, 1)[0]
