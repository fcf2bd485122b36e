"""The grid as the map has it: which area lies in which, and which sites stand there. Asks no clock and no database."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from fleet.places.areas import Area
from fleet.places.grid import LEVELS, Level


@dataclass(frozen=True, slots=True)
class Grid:
    """areas: by code. below: of each area that has some, those of the next level, by code. sites: of each area those in it and in all
    below, in the order in which they were given. mobile: of the sites, those that measure where they drive."""

    areas: Mapping[str, Area]
    below: Mapping[str, list[str]] = field(default_factory=dict)
    sites: Mapping[str, list[str]] = field(default_factory=dict)
    mobile: Collection[str] = ()

    @property
    def levels(self) -> list[Level]:
        """Below the district, those that have areas on the map, the smallest areas first."""
        present = {area.level for area in self.areas.values() if area.has_geometry}
        return [level for level in reversed(LEVELS[1:]) if level in present] or [level for level in LEVELS[:1] if level in present]

    def path(self, area: str) -> list[Area]:
        """From the district down to the area; empty of one that there is not."""
        found: list[Area] = []
        at = self.areas.get(area)
        while at is not None and len(found) < len(LEVELS):
            found.append(at)
            at = self.areas.get(at.parent) if at.parent is not None else None
        return found[::-1]

    def of_level(self, level: Level, within: str = "") -> list[Area]:
        """Those of a level, in the area that is named or in all of the district, by code. An area of a smaller level than that is named
        has none."""
        if within not in self.areas:
            return [area for area in self.areas.values() if area.level == level]
        found = [within]
        for _ in LEVELS[LEVELS.index(self.areas[within].level) : LEVELS.index(level)]:
            found = [below for area in found for below in self.below.get(area, ())]
        return [self.areas[area] for area in found if self.areas[area].level == level]


def grid(areas: Iterable[Area], placed: Mapping[str, str | None], mobile: Collection[str] = ()) -> Grid:
    """placed: by site, its area. An area whose parent has gone stands by itself."""
    by_code = {area.id: area for area in areas}
    below: dict[str, list[str]] = {}
    for area in by_code.values():
        if area.parent is not None:
            below.setdefault(area.parent, []).append(area.id)
    plain = Grid(by_code, below)
    sites: dict[str, list[str]] = {}
    paths = {area: [one.id for one in plain.path(area)] for area in {area for area in placed.values() if area is not None}}
    for site, in_area in placed.items():
        for above in paths.get(in_area, ()) if in_area is not None else ():
            sites.setdefault(above, []).append(site)
    return Grid(by_code, below, sites, mobile)
