"""A district as people hand it over: areas.csv, areas.geojson and sites.csv, read into rows, with every fault where it is.

An area has its words in areas.csv or in the properties of its feature, and its ground in areas.geojson; where both say something, the
table counts. An empty cell says nothing: what is there already stays.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from contract.faults import Fault
from fleet.api.district import csv_tables
from fleet.api.district.places_in_files import FileFault, elements, line_and_column, offset_in_json
from fleet.api.district.rows import AreaRow, SiteRow
from fleet.http.names import no_such
from fleet.http.validation_faults import faults_of
from fleet.places import geometry
from fleet.places.district_import import Row

AREAS_CSV, AREAS_GEOJSON, SITES_CSV = FILES = ("areas.csv", "areas.geojson", "sites.csv")
AREA_COLUMNS = ("id", "level", "parent", "kind", "name_zh", "name_en")
SITE_COLUMNS = ("id", "name", "latitude", "longitude", "area", "kind", "inlet_height_m", "surroundings")
MOST_FAULTS = 1000
_MOST_OF_ONE_GEOMETRY = 20
_NUMBERS = {"latitude", "longitude", "inlet_height_m"}

# Where a field of a row stands.
Where = Callable[[str], tuple[str, int, str]]


@dataclass
class Read:
    """broken: ids of rows with faults. is_whole: every file could be read, so that what one says of another can be judged. The key of each
    row is its Where."""

    areas: list[Row] = field(default_factory=list)
    sites: list[Row] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    faults: list[FileFault] = field(default_factory=list)
    is_whole: bool = True

    def add(self, where: Where, fault: Fault) -> None:
        """To find its place may take as long as to read the file: of more than anybody will read it is not looked for."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault_at(where, fault))


@dataclass
class _Found:
    """What files say of one thing."""

    where: Where
    given: dict[str, Any]


def read(files: Mapping[str, bytes]) -> Read:
    made = Read()
    made.faults += [FileFault(name, 0, "", no_such(name, FILES, "file")) for name in files if name not in FILES]
    made.is_whole = not made.faults
    of_areas = _read_table(made, AREAS_CSV, files, AREA_COLUMNS)
    _add_features(made, of_areas, files.get(AREAS_GEOJSON))
    made.areas = _judged(made, of_areas, AreaRow)
    made.sites = _judged(made, _read_table(made, SITES_CSV, files, SITE_COLUMNS), SiteRow)
    return made


def fault_at(where: Where, fault: Fault) -> FileFault:
    file, line, column = where(str(fault.path[0]) if fault.path else "")
    return FileFault(file, line, column, fault.allowed, fault.value)


def _read_table(made: Read, file: str, files: Mapping[str, bytes], columns: tuple[str, ...]) -> dict[str, _Found]:
    if file not in files:
        return {}
    table = csv_tables.read(file, files[file], columns, ("id",))
    made.faults += table.faults
    made.is_whole &= table.is_read
    made.broken |= {row.cells.get("id", "") for row in table.unread}
    found: dict[str, _Found] = {}
    lines: dict[str, int] = {}
    for row in table.rows:
        where = _in_table(file, row.line)
        name = row.cells.get("id", "")
        if name in found:
            made.faults.append(FileFault(file, row.line, "id", f"an id of its own: line {lines[name]} has it", name))
        elif name:
            found[name], lines[name] = _Found(where, _numbers(made, where, row.cells)), row.line
        else:
            made.faults.append(FileFault(file, row.line, "id", "required"))
    return found


def _in_table(file: str, line: int) -> Where:
    return lambda column: (file, line, column)


def _numbers(made: Read, where: Where, cells: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = dict(cells)
    for name in _NUMBERS & given.keys():
        try:
            given[name] = float(given[name])
        except ValueError:
            made.add(where, Fault((name,), "a number, with a point", given.pop(name)))
            made.broken.add(cells["id"])
    return given


def _add_features(made: Read, of_areas: dict[str, _Found], content: bytes | None) -> None:
    if content is None:
        return
    try:
        text = content.decode("utf-8-sig")
        document = json.loads(text, parse_constant=_refuse_constant)
        faults = _faults_of_collection(text, document)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        faults = [FileFault(AREAS_GEOJSON, getattr(error, "lineno", 0), str(getattr(error, "colno", "")), "GeoJSON in UTF-8")]
    if faults:
        made.is_whole = False
        made.faults += faults
        return
    seen: set[str] = set()
    starts = elements(text, offset_in_json(text, ("features",)))
    for feature, start in zip(document["features"], starts):
        _add_feature(made, of_areas, seen, feature, _in_json(text, start))


def _faults_of_collection(text: str, document: Any) -> list[FileFault]:
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        return [FileFault(AREAS_GEOJSON, 1, "", "a FeatureCollection: an object with a list of features")]
    system = geometry.fault_of_system(document)
    return [fault_at(_in_json(text, 0), system)] if system else []


def _add_feature(made: Read, of_areas: dict[str, _Found], seen: set[str], feature: Any, where: Where) -> None:
    properties = (feature.get("properties") or {}) if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        made.add(where, Fault((), "a Feature, with properties and a geometry", feature))
        return
    name = properties.get("id", feature.get("id"))
    if not isinstance(name, str) or name in seen:
        made.add(where, Fault((), "an id of its own, a text, in its properties or beside them", name))
        return
    seen.add(name)
    found = of_areas.setdefault(name, _Found(where, {}))
    said = {key: properties[key] for key in AREA_COLUMNS if properties.get(key) is not None}
    found.where = _of_either(found, where)
    found.given = {**said, **found.given, "id": name}
    if feature.get("geometry") is not None:
        ground, faults = geometry.judge(feature["geometry"])
        found.given["geometry"] = ground
        if faults:
            made.broken.add(name)
        for fault in faults[:_MOST_OF_ONE_GEOMETRY]:
            made.add(_in_geometry(where, fault), fault)


def _of_either(found: _Found, feature: Where) -> Where:
    """A field stands where its value does: in the table, which counts before the feature."""
    table, of_table = found.where, set(found.given)
    return lambda name: (table if name in of_table else feature)(name)


def _in_geometry(where: Where, fault: Fault) -> Where:
    return lambda _: where(".".join(("geometry", *map(str, fault.path))))


def _in_json(text: str, start: int) -> Where:
    """Of what is said below the object that begins there."""

    def where(name: str) -> tuple[str, int, str]:
        steps: list[str | int] = [int(step) if step.isdigit() else step for step in name.split(".")] if name else []
        inner = steps if not steps or steps[0] in ("geometry", "crs") else ["properties", *steps]
        line, column = line_and_column(text, offset_in_json(text, inner, start))
        return AREAS_GEOJSON, line, str(column)

    return where


def _judged(made: Read, found: Mapping[str, _Found], model: type[AreaRow] | type[SiteRow]) -> list[Row]:
    rows = []
    for name, one in found.items():
        given = dict(one.given)
        ground = given.pop("geometry", None)
        try:
            row = model.model_validate(given).model_dump(exclude={"id"}, exclude_none=True)
        except ValidationError as error:
            made.broken.add(name)
            for fault in faults_of(error.errors(), model.model_json_schema()):
                made.add(one.where, fault)
            continue
        if name not in made.broken:
            rows.append(Row(one.where, name, {**row, "geometry": ground} if ground else row))
    return rows


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
