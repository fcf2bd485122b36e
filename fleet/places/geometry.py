"""The ground that an area covers: polygons of GeoJSON (RFC 7946), judged, kept in one form, and asked whether a point is in them.

Positions are longitude, latitude in degrees of WGS 84, or of CGCS2000, which differs from it by centimetres. Maps that are published in
China are often shifted by some hundred metres (GCJ-02): nothing in a file says so, and nothing here could see it.

Knows shapely, which is loaded when a geometry is first judged.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from contract.faults import Fault, below

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

POLYGON = "Polygon"
MULTI_POLYGON = "MultiPolygon"
MOST_POSITIONS = 20_000
# More are the same mistake over and over, as where latitude comes first.
MOST_FAULTS = 20
# Of a degree: a centimetre on the ground.
DECIMALS = 7
# Names of coordinate systems that are these, as older GeoJSON gives them.
_SYSTEMS = ("CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4490", "EPSG:4490")

Position = tuple[float, float]
Ring = list[Position]
Rings = list[Ring]


@dataclass(frozen=True, slots=True)
class Geometry:
    """polygons: of each its outer ring, counter-clockwise, then its holes, clockwise; rings are closed. box: west, south, east, north."""

    polygons: tuple[tuple[tuple[Position, ...], ...], ...]
    box: tuple[float, float, float, float]

    def covers(self, longitude: float, latitude: float) -> bool:
        """Whether the point is in it; what lies on the outer border is, what lies in a hole is not."""
        west, south, east, north = self.box
        if not (west <= longitude <= east and south <= latitude <= north):
            return False
        import shapely

        return bool(_shape(self.to_geojson()).intersects(shapely.Point(longitude, latitude)))

    def to_geojson(self) -> dict[str, Any]:
        polygons = [[[list(position) for position in ring] for ring in polygon] for polygon in self.polygons]
        if len(polygons) == 1:
            return {"type": POLYGON, "coordinates": polygons[0]}
        return {"type": MULTI_POLYGON, "coordinates": polygons}

    def to_text(self) -> str:
        return json.dumps(self.to_geojson(), separators=(",", ":"))

    def digest(self) -> str:
        """SHA-256 of its text, in hexadecimal."""
        return hashlib.sha256(self.to_text().encode()).hexdigest()


def of_text(text: str) -> Geometry:
    """What to_text wrote."""
    document = json.loads(text)
    polygons = [document["coordinates"]] if document["type"] == POLYGON else document["coordinates"]
    return _geometry([[[(x, y) for x, y in ring] for ring in polygon] for polygon in polygons])


def judge(document: Any) -> tuple[Geometry | None, list[Fault]]:
    """Of a geometry of GeoJSON. None where there are faults. Heights are left out; positions are rounded to DECIMALS."""
    if not isinstance(document, dict) or document.get("type") not in (POLYGON, MULTI_POLYGON):
        return None, [Fault(("type",) if isinstance(document, dict) else (), f"{POLYGON} or {MULTI_POLYGON}", _type_of(document))]
    coordinates: Any = document.get("coordinates")
    if _count(coordinates) > MOST_POSITIONS:
        return None, [Fault(("coordinates",), f"at most {MOST_POSITIONS} positions: simplify it", _count(coordinates))]
    is_one = document["type"] == POLYGON
    faults = _faults_of_polygon(coordinates) if is_one else _faults_of_list(coordinates, "a list of polygons", _faults_of_polygon)
    if faults:
        return None, below(("coordinates",), faults[:MOST_FAULTS])
    polygons = _rounded([coordinates] if is_one else coordinates)
    wrong = _fault_of_shape(polygons)
    return (None, [Fault(("coordinates",), wrong, document["type"])]) if wrong else (_geometry(_wound(polygons)), [])


def fault_of_system(document: dict[str, Any]) -> Fault | None:
    """Of a GeoJSON document that names the coordinate system of its positions, as those from before RFC 7946 do."""
    named = document.get("crs")
    if named is None:
        return None
    name = named.get("properties", {}).get("name") if isinstance(named, dict) and isinstance(named.get("properties"), dict) else named
    if isinstance(name, str) and name.endswith(_SYSTEMS):
        return None
    return Fault(("crs",), "longitude and latitude of WGS 84 or CGCS2000: convert the file", name)


def _type_of(document: Any) -> Any:
    return document.get("type", ...) if isinstance(document, dict) else document


def _count(coordinates: Any) -> int:
    """Of positions, or of what stands in their place, however they are nested."""
    count, lists = 0, [coordinates]
    while lists:
        for one in lists.pop() if isinstance(lists[-1], list) else [lists.pop()]:
            if isinstance(one, list) and any(isinstance(inner, list) for inner in one):
                lists.append(one)
            else:
                count += 1
    return count


def _faults_of_list(found: Any, what: str, judge_one: Any) -> list[Fault]:
    if not isinstance(found, list) or not found:
        return [Fault((), what, found)]
    return [fault for index, one in enumerate(found) for fault in below((index,), judge_one(one))]


def _faults_of_polygon(rings: Any) -> list[Fault]:
    return _faults_of_list(rings, "a list of rings, the outer one first", _faults_of_ring)


def _faults_of_ring(ring: Any) -> list[Fault]:
    if not isinstance(ring, list) or len(ring) < 4:
        return [Fault((), "a ring of at least 4 positions", ring)]
    faults = [Fault((index,), "longitude, latitude in degrees", one) for index, one in enumerate(ring) if not _is_position(one)]
    if not faults and ring[0][:2] != ring[-1][:2]:
        return [Fault((len(ring) - 1,), "the first position again, which closes the ring", ring[-1])]
    return faults


def _is_position(found: Any) -> bool:
    if not isinstance(found, list) or not 2 <= len(found) <= 4:
        return False
    return _is_within(found[0], 180) and _is_within(found[1], 90)


def _is_within(found: Any, most: int) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool) and -most <= found <= most


def _rounded(polygons: list[Any]) -> list[Rings]:
    return [[list(_without_repeats(ring)) for ring in polygon] for polygon in polygons]


def _without_repeats(ring: Sequence[Any]) -> Iterator[Position]:
    last = None
    for found in ring:
        # Never minus zero, which reads as another number than it is.
        position = round(found[0], DECIMALS) + 0.0, round(found[1], DECIMALS) + 0.0
        if position != last:
            yield position
        last = position


def _fault_of_shape(polygons: list[Rings]) -> str:
    """What is wrong with it, empty where nothing is."""
    import shapely

    if any(len(ring) < 4 for polygon in polygons for ring in polygon):
        return "rings that enclose some ground"
    shape = _shape({"type": MULTI_POLYGON, "coordinates": polygons})
    reason = shapely.is_valid_reason(shape)
    if reason == "Valid Geometry":
        return ""
    what, _, where = reason.partition("[")
    place = ", ".join(where.rstrip("]").split())
    return f"polygons that do not cross themselves or each other, with holes inside: {what.lower()} at {place}"


def _wound(polygons: list[Rings]) -> list[Rings]:
    """RFC 7946, 3.1.6: outer rings counter-clockwise, holes clockwise."""
    return [[ring if _is_counter_clockwise(ring) == (index == 0) else ring[::-1] for index, ring in enumerate(rings)] for rings in polygons]


def _is_counter_clockwise(ring: Ring) -> bool:
    # From the first position, so that the small differences within a ring are not lost beside its place on earth.
    x0, y0 = ring[0]
    twice_the_area: float = sum((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) for (x1, y1), (x2, y2) in pairwise(ring))
    return twice_the_area > 0


def _geometry(polygons: list[Rings]) -> Geometry:
    longitudes, latitudes = zip(*(position for rings in polygons for position in rings[0]))
    box = (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    return Geometry(tuple(tuple(tuple(ring) for ring in rings) for rings in polygons), box)


def _shape(document: dict[str, Any]) -> "BaseGeometry":
    from shapely.geometry import shape

    return shape(document)
