"""The grid of a district: areas in four levels, each within one of the level above. Decides what may be whose. Pure.

1 district    one
2 township    (street office)
3 community   village, community or company
4 cell        the smallest, in which sites stand and for which grid staff answer
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from contract.faults import MISSING, Fault

Level = Literal["district", "township", "community", "cell"]
LEVELS: tuple[Level, ...] = get_args(Level)
DISTRICT, TOWNSHIP, COMMUNITY, CELL = LEVELS
# What an area of the third level is.
Kind = Literal["village", "community", "company"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Place:
    """What the grid needs to know of an area. parent: None of the district only."""

    id: str
    level: Level
    parent: str | None


def faults_of(place: Place, kind: str | None, known: Mapping[str, Place]) -> list[Fault]:
    """Of an area that is to be added or changed, among those that there are or will be."""
    faults = _faults_of_parent(place, known)
    if place.level == DISTRICT:
        others = [other.id for other in known.values() if other.level == DISTRICT and other.id != place.id]
        if others:
            faults.append(Fault(("level",), f"another level: the district is {others[0]}", place.level))
    if kind is not None and place.level != COMMUNITY:
        faults.append(Fault(("kind",), f"nothing: only a {COMMUNITY} is a {', '.join(KINDS[:-1])} or {KINDS[-1]}", kind))
    return faults


def no_such_parent(level: Level, parent: str) -> Fault:
    return Fault(("parent",), f"an existing {LEVELS[max(0, LEVELS.index(level) - 1)]}", parent)


def _faults_of_parent(place: Place, known: Mapping[str, Place]) -> list[Fault]:
    depth = LEVELS.index(place.level)
    if depth == 0:
        return [] if place.parent is None else [Fault(("parent",), "nothing: the district has no area above it", place.parent)]
    above = LEVELS[depth - 1]
    if place.parent is None:
        return [Fault(("parent",), f"the {above} that it lies in", MISSING)]
    parent = known.get(place.parent)
    if parent is None:
        return [no_such_parent(place.level, place.parent)]
    return [] if parent.level == above else [Fault(("parent",), f"a {above}; {parent.id} is a {parent.level}", place.parent)]
