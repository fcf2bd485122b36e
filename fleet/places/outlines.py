"""Outlines of areas, as coarse as a picture of the whole district may be: neighbours keep their common border.

Positions are moved to a grid over the earth, and what lies on a straight line between its neighbours there is left out. A position that two
areas share moves to the same place in both, so that no gap opens between them, whichever other areas there are.
"""

from collections.abc import Mapping
from itertools import pairwise

from fleet.places.geometry import Geometry, Position

# Of a degree: about a metre.
FINEST = 100_000
# Of all areas together; beyond, the grid is made twice as wide, and again.
MOST_POSITIONS = 30_000
_WIDEST = 10

Cell = tuple[int, int]
Polygons = list[list[list[Position]]]


def compact(grounds: Mapping[str, Geometry], most: int = MOST_POSITIONS) -> dict[str, Polygons]:
    """By area, the coordinates of a MultiPolygon of GeoJSON. Of each ground something remains, be it a square of the grid; of holes and of
    further polygons only what is wider than the grid. Coarser than FINEST / 2 ** _WIDEST it becomes for nobody."""
    for doubled in range(_WIDEST + 1):
        step = 2**doubled
        found = {area: _polygons(ground, step) for area, ground in grounds.items()}
        if sum(len(ring) for polygons in found.values() for rings in polygons for ring in rings) <= most:
            break
    return found


def _polygons(ground: Geometry, step: int) -> Polygons:
    kept: list[list[list[Cell]]] = []
    for outer, *holes in ground.polygons:
        # With its outer ring a polygon loses its holes.
        if ring := _ring(outer, step):
            kept.append([ring, *filter(None, (_ring(hole, step) for hole in holes))])
    if not kept:
        x, y = _cell(ground.polygons[0][0][0], step)
        kept = [[[(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)]]]
    return [[[(x * step / FINEST, y * step / FINEST) for x, y in ring] for ring in rings] for rings in kept]


def _cell(position: Position, step: int) -> Cell:
    return round(position[0] * FINEST / step), round(position[1] * FINEST / step)


def _ring(ring: tuple[Position, ...], step: int) -> list[Cell]:
    """Closed; empty where nothing is left of it."""
    corners = [one for before, one in pairwise([_cell(position, step) for position in ring]) if one != before]
    if len(corners) < 3:
        return []
    around = zip([corners[-1], *corners], corners, [*corners[1:], corners[0]])
    kept = [one for before, one, after in around if _turns(before, one, after)]
    return [*kept, kept[0]] if len(kept) > 2 else []


def _turns(before: Cell, one: Cell, after: Cell) -> bool:
    return (one[0] - before[0]) * (after[1] - one[1]) != (one[1] - before[1]) * (after[0] - one[0])
