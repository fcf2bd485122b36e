"""A district as files that can be read again: what reading.py takes."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import Any

from fleet.api.district import csv_tables
from fleet.api.district.reading import AREA_COLUMNS, AREAS_GEOJSON, TABLES, Table
from fleet.http.times import text_of
from fleet.places.areas import Area
from fleet.places.geometry import Geometry
from fleet.places.import_rows import Kind


def write(things: Mapping[Kind, Iterable[Any]], grounds: Iterable[tuple[Area, Geometry]], zone: tzinfo) -> dict[str, str]:
    """things: each with what the columns of its table are called; areas with those above others first, in whichever order. Keys of nodes
    are never given out."""
    files = {table.file: csv_tables.write(table.columns, _cells(table, things[kind], zone)) for kind, table in TABLES.items()}
    return {**files, AREAS_GEOJSON: _geojson(grounds)}


def _cells(table: Table, things: Iterable[Any], zone: tzinfo) -> Iterator[list[Any]]:
    for thing in things:
        yield [_cell(thing, name, zone) for name in table.columns]


def _cell(thing: Any, name: str, zone: tzinfo) -> Any:
    if name == "first_use":
        return None if thing.first_use_ms is None else text_of(thing.first_use_ms, zone)
    if name in ("node", "slot") and hasattr(thing, "places"):
        return getattr(thing.places[0], name) if len(thing.places) == 1 else None
    return None if name == "key" else getattr(thing, name)


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
