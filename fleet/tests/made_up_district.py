"""A district that is made up, and says so in its names: 1 district, 16 townships, 186 communities, 788 cells, and sites in cells.

The ground of each area is cut into that of the areas in it, by straight lines, so that they cover it and do not overlap.
"""

import csv
import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from fleet.api.district.archive import pack

COUNTS = (1, 16, 186, 788)
_LEVELS = ("district", "township", "community", "cell")
_NAMES_ZH = ("虚构区", "虚构镇", "虚构村", "虚构格")
_NAMES_EN = ("Made-up district", "Made-up township", "Made-up community", "Made-up cell")
_KINDS = ("village", "community", "company")
_CODE = "990001"
_OUTLINE = [(114.40, 36.52), (114.52, 36.47), (114.66, 36.51), (114.71, 36.62), (114.63, 36.73), (114.47, 36.72), (114.38, 36.63)]

Point = tuple[float, float]
Outline = list[Point]


@dataclass(frozen=True)
class MadeUpArea:
    id: str
    level: int
    parent: str | None
    number: int
    outline: Outline

    @property
    def middle(self) -> Point:
        longitudes, latitudes = zip(*self.outline)
        return round(sum(longitudes) / len(longitudes), 7), round(sum(latitudes) / len(latitudes), 7)


def made_up_areas(seed: int = 1) -> list[MadeUpArea]:
    """From the district down."""
    chance = random.Random(seed)
    areas = [MadeUpArea(_CODE, 0, None, 1, _OUTLINE)]
    above = areas
    for level in range(1, len(COUNTS)):
        below: list[MadeUpArea] = []
        for area, count in zip(above, _shares([_size(area.outline) for area in above], COUNTS[level])):
            for index, outline in enumerate(_cut(area.outline, count, chance), 1):
                below.append(MadeUpArea(f"{area.id}{index:03}", level, area.id, len(below) + 1, outline))
        areas = areas + below
        above = below
    return areas


def made_up_files(sites: int = 0, seed: int = 1) -> dict[str, str]:
    """What the import takes, with sites in the first cells."""
    areas = made_up_areas(seed)
    return {"areas.geojson": _geojson(areas), "sites.csv": _sites([area for area in areas if area.level == 3][:sites])}


def made_up_zip(sites: int = 0) -> bytes:
    return pack(made_up_files(sites))


def _geojson(areas: list[MadeUpArea]) -> str:
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "id": area.id,
                "properties": {
                    "id": area.id,
                    "level": _LEVELS[area.level],
                    "parent": area.parent,
                    "kind": _KINDS[area.number % len(_KINDS)] if area.level == 2 else None,
                    "name_zh": f"{_NAMES_ZH[area.level]}{area.number}",
                    "name_en": f"{_NAMES_EN[area.level]} {area.number}",
                },
                "geometry": {"type": "Polygon", "coordinates": [[*area.outline, area.outline[0]]]},
            },
            ensure_ascii=False,
        )
        for area in areas
    ]
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"


def _sites(cells: list[MadeUpArea]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(("id", "name", "latitude", "longitude", "area", "kind", "inlet_height_m"))
    for cell in cells:
        longitude, latitude = cell.middle
        writer.writerow((f"s-{cell.id}", f"虚构站 Made-up site {cell.number}", latitude, longitude, cell.id, "fixed", 3.5))
    return stream.getvalue()


def _shares(sizes: list[float], count: int) -> list[int]:
    """How many of `count` each gets, at least one, the larger the more."""
    shares = [1] * len(sizes)
    for _ in range(count - len(sizes)):
        most = max(range(len(sizes)), key=lambda index: sizes[index] / shares[index])
        shares[most] += 1
    return shares


def _cut(outline: Outline, count: int, chance: random.Random) -> Iterator[Outline]:
    """A convex outline into `count` convex ones of about the same size."""
    if count == 1:
        yield outline
        return
    first = count // 2
    one, other = _halves(outline, first / count, chance)
    yield from _cut(one, first, chance)
    yield from _cut(other, count - first, chance)


def _halves(outline: Outline, share: float, chance: random.Random) -> tuple[Outline, Outline]:
    """Cut across its longer side, somewhat askew; the first has about that share of it."""
    longitudes, latitudes = zip(*outline)
    is_wide = (max(longitudes) - min(longitudes)) * 0.8 > max(latitudes) - min(latitudes)
    skew = chance.uniform(-0.3, 0.3)
    # A line x + skew * y = at, or the same with x and y exchanged.
    along = [(x + skew * y) if is_wide else (y + skew * x) for x, y in outline]
    low, high = min(along), max(along)
    for _ in range(40):
        at = (low + high) / 2
        one, other = _split(outline, along, at)
        if _size(one) < share * _size(outline):
            low = at
        else:
            high = at
    return one, other


def _split(outline: Outline, along: list[float], at: float) -> tuple[Outline, Outline]:
    one: Outline = []
    other: Outline = []
    for index, (point, here) in enumerate(zip(outline, along)):
        (one if here <= at else other).append(point)
        following, there = outline[(index + 1) % len(outline)], along[(index + 1) % len(outline)]
        if (here <= at) != (there <= at):
            share = (at - here) / (there - here)
            crossing = round(point[0] + share * (following[0] - point[0]), 7), round(point[1] + share * (following[1] - point[1]), 7)
            one.append(crossing)
            other.append(crossing)
    return one, other


def _size(outline: Outline) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(outline, [*outline[1:], outline[0]]))) / 2
