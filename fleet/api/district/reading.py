"""A district as people hand it over: a table of each kind of thing, and areas.geojson, read into rows, with every fault where it is.

An area has its words in areas.csv or in the properties of its feature, and its ground in areas.geojson; where both say something, the
table counts. An empty cell says nothing: what is there already stays.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError

from contract.faults import Fault
from fleet.api.district import csv_tables, rows
from fleet.api.district.places_in_files import FileFault, elements, line_and_column, offset_in_json
from fleet.api.fields import Request
from fleet.errors import InvalidError
from fleet.http.names import no_such
from fleet.http.times import moment_of_text
from fleet.http.validation_faults import faults_of
from fleet.places import geometry
from fleet.places.import_rows import Kind, Named, Row

AREAS_GEOJSON = "areas.geojson"
AREA_COLUMNS = ("id", "level", "parent", "kind", "name_zh", "name_en")


class Table(NamedTuple):
    file: str
    columns: tuple[str, ...]
    model: type[Request]


# In the order in which they need each other.
TABLES: dict[Kind, Table] = {
    "area": Table("areas.csv", AREA_COLUMNS, rows.AreaRow),
    "site": Table("sites.csv", ("id", "name", "latitude", "longitude", "area", "kind", "inlet_height_m", "surroundings"), rows.SiteRow),
    "gateway": Table("gateways.csv", ("id", "site", "notes"), rows.GatewayRow),
    "node": Table("nodes.csv", ("id", "gateway", "site", "key"), rows.NodeRow),
    "sensor": Table(
        "sensors.csv",
        ("id", "model", "serial", "batch", "first_use", "expected_life_days", "note", "node", "slot"),
        rows.SensorRow,
    ),
}
FILES = (TABLES["area"].file, AREAS_GEOJSON, *(table.file for kind, table in TABLES.items() if kind != "area"))
MOST_FAULTS = 1000
_MOST_OF_ONE_GEOMETRY = 20
_NUMBERS = {"latitude", "longitude", "inlet_height_m", "expected_life_days", "slot"}

# Where a field of a row stands.
Where = Callable[[str], tuple[str, int, str]]


@dataclass
class Read:
    """rows: by kind; the key of each is its Where. broken: rows with faults. is_whole: every file could be read, so that what one says of
    another can be judged."""

    rows: dict[Kind, list[Row]] = field(default_factory=dict)
    broken: set[Named] = field(default_factory=set)
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
    for kind in TABLES:
        found = _read_table(made, kind, files)
        if kind == "area":
            _add_features(made, found, files.get(AREAS_GEOJSON))
        made.rows[kind] = _judged(made, kind, found)
    return made


def fault_at(where: Where, fault: Fault) -> FileFault:
    file, line, column = where(str(fault.path[0]) if fault.path else "")
    return FileFault(file, line, column, fault.allowed, fault.value)


def _read_table(made: Read, kind: Kind, files: Mapping[str, bytes]) -> dict[str, _Found]:
    file, columns, _ = TABLES[kind]
    if file not in files:
        return {}
    table = csv_tables.read(file, files[file], columns, ("id",))
    made.faults += table.faults
    made.is_whole &= table.is_read
    made.broken |= {(kind, row.cells.get("id", "")) for row in table.unread}
    found: dict[str, _Found] = {}
    lines: dict[str, int] = {}
    for row in table.rows:
        where = _in_table(file, row.line)
        name = row.cells.get("id", "")
        if name in found:
            made.faults.append(FileFault(file, row.line, "id", f"an id of its own: line {lines[name]} has it", name))
        elif name:
            found[name], lines[name] = _Found(where, _values(made, kind, where, row.cells)), row.line
        else:
            made.faults.append(FileFault(file, row.line, "id", "required"))
    return found


def _in_table(file: str, line: int) -> Where:
    return lambda column: (file, line, column)


def _values(made: Read, kind: Kind, where: Where, cells: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = dict(cells)
    if "first_use" in given:
        try:
            given["first_use_ms"] = moment_of_text("first_use", given.pop("first_use"))
        except InvalidError as error:
            made.broken.add((kind, cells["id"]))
            made.add(where, error.faults[0])
    for name in _NUMBERS & given.keys():
        try:
            given[name] = float(given[name])
        except ValueError:
            made.add(where, Fault((name,), "a number, with a point", given.pop(name)))
            made.broken.add((kind, cells["id"]))
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
            made.broken.add(("area", name))
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


def _judged(made: Read, kind: Kind, found: Mapping[str, _Found]) -> list[Row]:
    taken, model = [], TABLES[kind].model
    for name, one in found.items():
        given = dict(one.given)
        ground = given.pop("geometry", None)
        try:
            row = model.model_validate(given).model_dump(exclude={"id"}, exclude_none=True)
        except ValidationError as error:
            made.broken.add((kind, name))
            for fault in faults_of(error.errors(), model.model_json_schema()):
                made.add(one.where, fault)
            continue
        if (kind, name) not in made.broken:
            taken.append(Row(one.where, name, {**row, "geometry": ground} if ground else row))
    return taken


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
