"""The settings of a node as JSON Schema, for editors, pages and scripts, made from the tables of the contract. Pure.

It says what a document may look like. What two sensors may not share, and what a profile's numbers must be among each other, only
contract.settings.faults says: a document that the schema refuses has faults, and one that it accepts may still have some.
"""

from collections.abc import Iterable
from typing import Any

from contract import profiles, settings
from contract.quantities import ID
from contract.site import meanings
from contract.values import MAX_INT

_NAME = {"type": "string", "minLength": 1, "maxLength": 40}

Schema = dict[str, Any]


def node_settings() -> Schema:
    """Of draft 2020-12."""
    shipped = next(choices for key, choices, _ in settings.SENSOR_CHOICES if key == "part")
    properties = {
        **_numbers(settings.NUMBERS, meanings.SETTINGS),
        "sensors": {"description": meanings.SETTINGS["sensors"], "type": "array", "maxItems": settings.MAX_SENSORS, "items": _sensor()},
        "profiles": {
            "description": meanings.SETTINGS["profiles"],
            "type": "object",
            "maxProperties": profiles.MAX_PROFILES,
            "propertyNames": {**_NAME, "not": {"enum": list(shipped)}},
            "additionalProperties": _profile(),
        },
    }
    only_shipped = {"properties": {"sensors": {"items": {"properties": {"part": {"enum": list(shipped)}}}}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of an airgrid node",
        "type": "object",
        "properties": properties,
        # A part that the firmware does not know by itself needs a profile of its name.
        "if": {"required": ["profiles"], "properties": {"profiles": {"minProperties": 1}}},
        "else": only_shipped,
    }


def _sensor() -> Schema:
    properties = _numbers(settings.SENSOR_NUMBERS, meanings.SENSOR_SETTINGS)
    properties["baud"] = {**properties["baud"], "enum": [0, *profiles.BAUDS]}
    for key, choices, default in settings.SENSOR_CHOICES:
        allowed = dict(_NAME) if key == "part" else {"enum": list(choices)}
        properties[key] = {"description": meanings.SENSOR_SETTINGS[key], **allowed, **({} if default is None else {"default": default})}
    rows = (*settings.SENSOR_NUMBERS, *settings.SENSOR_CHOICES)
    return {"type": "object", "required": [row[0] for row in rows if row[2] is None], "properties": properties}


def _profile() -> Schema:
    line = [{"enum": list(profiles.BAUDS)}, {"const": 8}, {"enum": list(profiles.PARITIES)}, {"enum": [1, 2]}]
    properties = {
        "line": {"type": "array", "prefixItems": line, "minItems": len(line), "maxItems": len(line)},
        **_numbers(profiles.PROFILE_NUMBERS, meanings.PROFILE_KEYS),
        "source": {"type": "string", "maxLength": 200},
        "fields": {"type": "array", "minItems": 1, "maxItems": profiles.MAX_FIELDS, "items": _profile_field()},
    }
    return {"type": "object", "required": ["line", "fields"], "properties": _described(properties, meanings.PROFILE_KEYS)}


def _profile_field() -> Schema:
    bounds: Schema = {key: _within(profiles.MAX_SCALED) for key in profiles.FIELD_BOUNDS}
    properties = {
        **_numbers(profiles.FIELD_NUMBERS, meanings.PROFILE_FIELD_KEYS),
        "type": {"enum": list(profiles.TYPES)},
        "order": {"enum": list(profiles.ORDERS)},
        "quantity": {"enum": list(ID)},
        "none": {"type": "array", "maxItems": profiles.MAX_NONE, "items": _within(MAX_INT)},
        **bounds,
    }
    required = ["register", "type", "quantity"]
    return {"type": "object", "required": required, "properties": _described(properties, meanings.PROFILE_FIELD_KEYS)}


def _within(most: int) -> Schema:
    return {"type": "integer", "minimum": -most, "maximum": most}


def _numbers(rows: Iterable[tuple[str, str, int | None, int, int]], words: dict[str, str]) -> Schema:
    made: Schema = {}
    for key, unit, default, least, greatest in rows:
        described = words[key] + (f" ({unit})" if unit else "")
        made[key] = {"description": described, "type": "integer", "minimum": least, "maximum": greatest}
        if default is not None:
            made[key]["default"] = default
    return made


def _described(properties: Schema, words: dict[str, str]) -> Schema:
    return {key: {"description": words[key], **rules} for key, rules in properties.items()}
