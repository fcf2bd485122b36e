"""Which sensor was in a slot, and when, as hellos that come late fit into it. Pure.

    A ─────── seen 3 ┤ 7   C ──────────────▶ now
             B, late: 5     what is open, and all that a later hello has proved, stays
    A ───────────┤ 5  B ┤ 7   C ───────────▶

A stay ends where the next one was first seen. A late hello moves that border back to when it was made, or puts a stay between two that
are known; it never changes which sensor is in the slot now.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stay:
    """A sensor in a slot. to_ms: None while it lasts. seen_ms: the latest moment at which a hello, or a person, named it there."""

    id: int
    sensor: str
    node: str
    slot: int
    from_ms: int
    to_ms: int | None
    seen_ms: int

    def holds(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms and (self.to_ms is None or at_ms < self.to_ms)


@dataclass(frozen=True, slots=True)
class Insertion:
    """A stay that was not known. shortened: the one that ends with its beginning. followed: the one that begins with its end."""

    from_ms: int
    to_ms: int
    shortened: Stay | None
    followed: Stay | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A stay that began earlier than was known. shortened: the one before it, which ended then."""

    begun: Stay
    from_ms: int
    shortened: Stay | None


def fit(stays: Sequence[Stay], sensor: str, at_ms: int) -> Insertion | Earlier | None:
    """What a late hello changes that named this sensor at this moment; None for nothing. stays: of the slot, the earliest first."""
    held = next((stay for stay in stays if stay.holds(at_ms)), None)
    following = next((stay for stay in stays if stay.from_ms > at_ms), None)
    if held is not None and (held.sensor == sensor or held.to_ms is None or held.seen_ms >= at_ms):
        return None
    if held is None:
        # Behind all stays there is none: the slot was emptied by a person, who knows better.
        if following is None or following.sensor == sensor:
            return None if following is None else Earlier(following, at_ms, None)
        return Insertion(at_ms, following.from_ms, None, following)
    adjoining = following if following is not None and following.from_ms == held.to_ms else None
    if adjoining is not None and adjoining.sensor == sensor:
        return Earlier(adjoining, at_ms, held)
    return Insertion(at_ms, _end(held), held, adjoining)


def _end(stay: Stay) -> int:
    assert stay.to_ms is not None
    return stay.to_ms
