"""The texts of moments in an answer: beside each declared `x_ms` that is a moment stands `x` (fleet/http/times.py). Pure.

What an answer declares is known by its JSON Schema; free JSON within it, such as the settings that a person wrote, is left as it is.
"""

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from fleet.http.times import text_of

Schema = dict[str, Any]

# Every other declared `x_ms` is a moment.
LENGTHS_MS = frozenset(
    {"age_ms", "clock_skew_ms", "covered_ms", "duration_ms", "error_ms", "expected_ms", "step_ms", "uptime_ms", "usable_ms", "window_ms"}
)
_TEXT: Schema = {
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}],
    "description": "ISO 8601, in the time zone of the district; null beyond the calendar",
}


@dataclass(slots=True)
class Shape:
    """moments: which fields. fields: the shapes of others that have moments within them. entries: of a list or a map."""

    moments: frozenset[str] = frozenset()
    fields: dict[str, "Shape"] = field(default_factory=dict)
    entries: "Shape | None" = None


def moments_of(schema: Schema) -> frozenset[str]:
    """Of an object's own properties; one whose text has a property of its own already is left alone."""
    properties = schema.get("properties", {})
    return frozenset(n for n in properties if n.endswith("_ms") and n not in LENGTHS_MS and _text_name(n) not in properties)


def with_text_properties(schema: Schema) -> None:
    """Adds them to what the schema of an object declares."""
    moments = moments_of(schema)
    if not moments:
        return
    declared: Schema = {}
    for name, one in schema["properties"].items():
        declared[name] = one
        if name in moments:
            declared[_text_name(name)] = _TEXT
    schema["properties"] = declared
    if "required" in schema:
        schema["required"] += [_text_name(name) for name in schema["required"] if name in moments]


def shape_of(schema: Schema) -> Shape:
    """schema: whole, with its $defs."""
    return _Shapes(schema.get("$defs", {})).of(schema)


class _Shapes:
    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions
        self._known: dict[str, Shape] = {}

    def of(self, schema: Schema) -> Shape:
        name = schema.get("$ref", "").removeprefix("#/$defs/")
        if not name:
            return self._fill(Shape(), schema)
        if name not in self._known:
            self._known[name] = Shape()  # known before it is filled: it may contain itself
            self._fill(self._known[name], self._definitions[name])
        return self._known[name]

    def _fill(self, shape: Shape, schema: Schema) -> Shape:
        for one in schema.get("anyOf", ()):
            found = self.of(one)
            shape.moments |= found.moments
            shape.fields = {**shape.fields, **found.fields}
            shape.entries = shape.entries or found.entries
        shape.moments |= moments_of(schema)
        shape.fields = {
            **shape.fields,
            **{name: self.of(one) for name, one in schema.get("properties", {}).items() if isinstance(one, dict)},
        }
        entries = schema.get("items") or schema.get("additionalProperties")
        if isinstance(entries, dict):
            shape.entries = self.of(entries)
        return shape


def with_texts(value: Any, shape: Shape | None, zone: tzinfo) -> Any:
    """The answer with the text of each moment behind it."""
    if shape is None:
        return value
    if isinstance(value, list):
        return value if shape.entries is None else [with_texts(one, shape.entries, zone) for one in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, one in value.items():
        found[name] = with_texts(one, shape.fields.get(name, shape.entries), zone)
        if name in shape.moments:
            found[_text_name(name)] = None if one is None else text_of(one, zone)
    return found


def _text_name(name: str) -> str:
    return name.removesuffix("_ms")
