"""What the map shows of each area, and the list beside it in words: a value, the health of the nodes, or why there is none. Asks no clock
and no database.

The value of an area is the mean of its sites, that of a site the mean of its sensors. A mobile site measures where it drives, and is left
out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contract import quantities
from contract.site import display_names as names
from fleet.pages import bands, words
from fleet.pages.grid import Grid
from fleet.pages.map.scale import Scale
from fleet.pages.node_rows import USABLE
from fleet.pages.overview import Standing
from fleet.pages.wording import Wording
from fleet.places.areas import Area
from fleet.places.grid import LEVELS, Level
from fleet.record.latest import LatestValue

HEALTH = "health"
# A map of now shows no value whose successor is due for longer.
FRESH_S = 900.0
# Of what has no mean that means anything.
UNMAPPED = frozenset({"wind_direction", "latitude", "longitude", "altitude"})
# No value although there are sites; no site.
MISSING, EMPTY = "missing", "empty"


def _(message: str) -> str:
    return message


_NO_SITE = _("no monitor")
_NO_VALUE = _("no value")
_SHORT_HOUR = _("no value: less than 45 minutes of the hour are usable")
_OF_NODES = _("%(state)s: %(count)d of %(all)d nodes")


@dataclass(frozen=True, slots=True)
class AreaShown:
    """mark: the class of its colour, which the legend explains. text: the same in words. value: None where there is none."""

    area: Area
    mark: str
    text: str
    value: float | None
    sites: list[str]


def values_now(nodes: Iterable[Standing], quantity: str) -> dict[str, float]:
    """By site, of the newest values that are usable and fresh."""
    found: dict[str, list[float]] = {}
    for one in nodes:
        for channel in one.channels:
            if channel.quantity == quantity and channel.value is not None and channel.quality in USABLE and _is_fresh(channel):
                found.setdefault(one.node.site, []).append(channel.value)
    return {site: sum(several) / len(several) for site, several in found.items()}


def _is_fresh(channel: LatestValue) -> bool:
    # The mean of an hour, as of a reference station, stands until the next one is there.
    return channel.age_s <= FRESH_S + channel.duration_ms / 1000


def by_value(
    grid: Grid, shown: list[Area], quantity: str, values: Mapping[str, float], scale: Scale, reasons: "Reasons", wording: Wording
) -> list[AreaShown]:
    """values: by site. The greatest first, then those without a value, then those without a site."""
    unit = names.unit(quantities.unit(quantities.ID[quantity]))
    found = []
    for area in shown:
        sites = grid.sites.get(area.id, [])
        of_sites = [values[site] for site in sites if site in values]
        if not of_sites:
            found.append(AreaShown(area, MISSING if sites else EMPTY, reasons.why(sites, wording), None, sites))
            continue
        value = sum(of_sites) / len(of_sites)
        mark = scale.class_of(value)
        text = f"{names.rounded(quantity, value)} {unit}".rstrip()
        found.append(AreaShown(area, mark, f"{text} · {wording.translate(bands.NAMES[mark])}" if scale.is_index else text, value, sites))
    return sorted(found, key=lambda one: (one.value is None, one.mark == EMPTY, -(one.value or 0), one.area.id))


def by_health(grid: Grid, shown: list[Area], nodes: Iterable[Standing], wording: Wording) -> list[AreaShown]:
    """The worst state of any node in it; the worst first, and of one state the area in which most have it."""
    states: dict[str, list[str]] = {}
    for one in nodes:
        states.setdefault(one.node.site, []).append(one.state)
    found: list[tuple[int, int, AreaShown]] = []
    for area in shown:
        sites = grid.sites.get(area.id, [])
        of_area = [state for site in sites for state in states.get(site, ())]
        if not of_area:
            found.append((len(words.STATES), 0, AreaShown(area, EMPTY, wording.translate(_NO_SITE), None, sites)))
            continue
        worst = min(of_area, key=words.STATES.index)
        count = of_area.count(worst)
        text = wording.translate(_OF_NODES) % {"state": wording.translate(words.STATE_NAMES[worst]), "count": count, "all": len(of_area)}
        found.append((words.STATES.index(worst), -count, AreaShown(area, f"state-{worst}", text, None, sites)))
    return [one for _worst, _count, one in sorted(found, key=lambda one: (*one[:2], one[2].area.id))]


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why an area has no value. states: of the nodes now, by site; None of an hour that is over."""

    states: Mapping[str, list[str]] | None

    def why(self, sites: list[str], wording: Wording) -> str:
        if not sites:
            return wording.translate(_NO_SITE)
        if self.states is None:
            return wording.translate(_SHORT_HOUR)
        trouble = [state for site in sites for state in self.states.get(site, ()) if state != words.LIVE]
        if not trouble:
            return wording.translate(_NO_VALUE)
        return f"{wording.translate(_NO_VALUE)}: {wording.translate(words.STATE_NAMES[min(trouble, key=words.STATES.index)])}"


def legend(scale: Scale | None, wording: Wording) -> list[tuple[str, str]]:
    """(class of the colour, what it stands for). scale: None of health."""
    if scale is None:
        ends = [(f"state-{state}", wording.translate(words.STATE_NAMES[state])) for state in words.STATES]
        return [*ends, (EMPTY, wording.translate(_NO_SITE))]
    ends = [(mark, _reach(index, scale)) for index, mark in enumerate(scale.classes)]
    if scale.is_index:
        ends = [(mark, f"{reach} {wording.translate(bands.NAMES[mark])}") for mark, reach in ends]
    return [*ends, (MISSING, wording.translate(_NO_VALUE)), (EMPTY, wording.translate(_NO_SITE))]


def _reach(index: int, scale: Scale) -> str:
    texts = [f"{one:g}" for one in scale.breaks]
    if not texts:
        return "…"
    if index == len(texts):
        return f"> {texts[-1]}"
    return f"≤ {texts[0]}" if index == 0 else f"{texts[index - 1]}–{texts[index]}"


def level_of(wished: str, grid: Grid, within: str) -> Level | None:
    """As it was wished, but not above that of the area whose map it is. None where no area has its ground on the map."""
    levels = grid.levels
    if within in grid.areas:
        own = LEVELS.index(grid.areas[within].level)
        levels = [level for level in levels if LEVELS.index(level) >= own]
    return next((level for level in levels if level == wished), levels[0] if levels else None)
