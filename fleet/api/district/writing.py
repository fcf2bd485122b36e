"""A district as files that can be read again: what reading.py takes."""

import json
from collections.abc import Iterable, Sequence

from fleet.api.district import csv_tables
from fleet.api.district.reading import AREA_COLUMNS, AREAS_CSV, AREAS_GEOJSON, SITE_COLUMNS, SITES_CSV
from fleet.places.areas import Area
from fleet.places.geometry import Geometry
from fleet.places.sites import Site


def write(areas: Sequence[Area], grounds: Iterable[tuple[Area, Geometry]], sites: Sequence[Site]) -> dict[str, str]:
    """areas: with those above others first, in whichever order."""
    return {
        AREAS_CSV: csv_tables.write(AREA_COLUMNS, ([getattr(area, name) for name in AREA_COLUMNS] for area in areas)),
        AREAS_GEOJSON: _geojson(grounds),
        SITES_CSV: csv_tables.write(SITE_COLUMNS, ([getattr(site, name) for name in SITE_COLUMNS] for site in sites)),
    }


def _geojson(grounds: Iterable[tuple[Area, Geometry]]) -> str:
    """A feature a line, so that two versions can be compared."""
    features = [
        json.dumps(
            {
                "type": "Feature",
                "id": area.id,
                "geometry": ground.to_geojson(),
                "properties": {name: getattr(area, name) for name in AREA_COLUMNS},
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for area, ground in grounds
    ]
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"
