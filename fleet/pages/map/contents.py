"""The map of the grid as a page, its script and its list in words have it: all of one picture. In a thread of the public's readers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from air.index import pm2_5
from air.statistics.hours import HOUR_MS
from fleet.http.shared_answers import Lasting
from fleet.pages import chart as charts
from fleet.pages.district import District
from fleet.pages.hours import HOURS
from fleet.pages.map import picture
from fleet.pages.map.picture import HEALTH, AreaShown, Reasons
from fleet.pages.map.scale import Scale, scale_of
from fleet.pages.overview import View
from fleet.pages.public import Public
from fleet.pages.rendering import Visitor
from fleet.places import areas as places
from fleet.places import outlines
from fleet.places.areas import Area, Asked
from fleet.places.grid import Level

# Of the list in words.
PAGE_CELLS = 12
# Of one area in it.
MOST_SITES = 6
# The ground of areas changes with an import.
_AREAS_LAST_MS = 60_000


def _(message: str) -> str:
    return message


LEVEL_NAMES: dict[Level, str] = {
    "district": _("District"), "township": _("Townships"), "community": _("Villages, communities, companies"), "cell": _("Cells"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MapWish:
    """What a visitor wished, as it stands in the address. what: a quantity, or HEALTH; "" for the usual one. back: 0 for now, else so many
    hours before, as far as HOURS. page: of the list in words."""

    what: str = ""
    level: str = ""
    back: int = 0
    page: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """hour_ms: the beginning of the hour that it shows; None: now. awaited: hours of series that are still being made. scale: None
    of health."""

    what: str
    level: Level
    hour_ms: int | None
    scale: Scale | None
    shown: list[AreaShown]
    awaited: int = 0


def of_page(public: Public, visitor: Visitor, view: View, wish: MapWish) -> dict[str, Any]:
    district = public.district.read()
    grid, wording = district.grid, visitor.wording
    made = _picture(public, district, visitor, wish, view.area)
    choices = [(HEALTH, wording.translate(_("Health of the nodes"))), *((one.key, one.label) for one in _choices(district, visitor))]
    context: dict[str, Any] = {
        "map": made,
        "map_choices": choices,
        "map_levels": [(level, wording.translate(LEVEL_NAMES[level])) for level in grid.levels],
        "map_back": 0 if made is None or made.hour_ms is None else wish.back,
        "map_hours": HOURS,
        "map_path": [(one.id, _name(one, visitor)) for one in grid.path(view.area)],
        "map_head": next((_name(one, visitor) for one in grid.areas.values() if one.parent is None), ""),
        "has_areas": bool(grid.areas),
        "area_name": lambda one: _name(one, visitor),
        "most_sites": MOST_SITES,
    }
    if made is None:
        return context
    pages = max(1, -(-len(made.shown) // PAGE_CELLS))
    page = min(max(1, wish.page), pages)
    first = (page - 1) * PAGE_CELLS
    return context | {
        "cells": made.shown[first : first + PAGE_CELLS], "cells_first": first + 1, "cells_page": page, "cells_pages": pages,
        "map_legend": picture.legend(made.scale, wording), "hour_length_ms": HOUR_MS, "map_standard": pm2_5.STANDARD,
    }  # fmt: skip


def values(public: Public, visitor: Visitor, wish: MapWish, area: str) -> Response:
    """{at_ms, level, areas: {code: [class of the colour, in words]}} of the areas of a level, in an area or in all of the district."""
    district = public.district.read()
    made = _picture(public, district, visitor, wish, area)
    shown: dict[str, Any] = {"at_ms": district.at_ms, "level": None, "areas": {}}
    if made is not None:
        shown = {**shown, "level": made.level, "areas": {one.area.id: [one.mark, one.text] for one in made.shown}}
    return Response(json.dumps(shown, ensure_ascii=False, separators=(",", ":")), media_type="application/json")


def areas(public: Public, visitor: Visitor) -> Response:
    """GeoJSON of all areas whose ground is known, in as few positions as a picture of the district needs (fleet/places/outlines.py)."""
    found = public.pages.reader.read_here(lambda connection: places.grounds(connection, Asked()))
    compact = outlines.compact({area.id: ground for area, ground in found})
    features = [_feature(area, compact[area.id], visitor) for area, _ground in found]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))
    return Lasting(text, _AREAS_LAST_MS, "application/geo+json")


def _feature(area: Area, polygons: outlines.Polygons, visitor: Visitor) -> dict[str, Any]:
    geometry = {"type": "MultiPolygon", "coordinates": polygons}
    return {"type": "Feature", "id": area.id, "properties": {"level": area.level, "name": _name(area, visitor)}, "geometry": geometry}


def _choices(district: District, visitor: Visitor) -> list[charts.Choice]:
    return charts.choices(district.quantities - picture.UNMAPPED, visitor.wording)


def _picture(public: Public, district: District, visitor: Visitor, wish: MapWish, area: str) -> Picture | None:
    """None where no area has its ground on the map."""
    grid, wording = district.grid, visitor.wording
    level = picture.level_of(wish.level, grid, area)
    if level is None:
        return None
    shown = grid.of_level(level, area)
    keys = [one.key for one in _choices(district, visitor)]
    what = wish.what if wish.what in keys or wish.what == HEALTH else next(iter(keys), HEALTH)
    if what == HEALTH:
        return Picture(what, level, None, None, picture.by_health(grid, shown, district.nodes, wording))
    hours = public.hours.read(what)
    now = picture.values_now(district.nodes, what)
    by_site, hour_ms = now, None
    if wish.back:
        hour_ms = hours.starts[-wish.back]
        by_site = hours.means[hour_ms]
    # The same for all hours, so that a colour keeps its meaning while somebody goes through them.
    scale = scale_of(what, [value for of_hour in hours.means.values() for value in of_hour.values()] or list(now.values()))
    stationary: Mapping[str, float] = {site: value for site, value in by_site.items() if site not in grid.mobile}
    reasons = Reasons(None if wish.back else _states(district))
    return Picture(what, level, hour_ms, scale, picture.by_value(grid, shown, what, stationary, scale, reasons, wording), hours.awaited)


def _states(district: District) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in district.nodes:
        found.setdefault(one.node.site, []).append(one.state)
    return found


def _name(area: Area, visitor: Visitor) -> str:
    return area.name_zh if visitor.code == "zh-CN" else area.name_en
