# Modbus transmitters as data: what to ask, and what the answer means. There is no common register map: one vendor family uses
# register 6 for TVOC on one model and for ozone on another, so a profile is of exactly one model. The ones that come with the firmware
# (shipped_profiles.py) and the ones that come in settings have one form, and one check:
#
#   {"line": [9600, 8, "N", 1], "settle_ms": 15000, "timeout_ms": 500, "source": "where the map is from",
#    "fields": [{"function": 3, "register": 6, "type": "u16", "quantity": "tvoc", "multiply": 10, "none": [65535]}, ...]}
# Here is what the keys may be; what they mean: meanings.py. A wire value is raw * multiply / divide, of integers rounded down, of
# a float to the nearest.

from contract.quantities import BY_ID, ID
from contract.values import MAX_INT, is_int, is_text

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

MAX_PROFILES = 8
MAX_FIELDS = 24
MAX_NONE = 8
MAX_SCALED = (1 << 31) - 1

# type: registers that it takes
TYPES = {"u16": 1, "s16": 1, "u32": 2, "s32": 2, "u64": 4, "s64": 4, "f32": 2}
# a: the most significant byte. Of 64 bits: words kept or reversed, bytes kept or swapped, in the same way.
ORDERS = ("abcd", "cdab", "badc", "dcba")
BAUDS = (1200, 2400, 4800, 9600, 14400, 19200, 38400, 57600, 115200)
PARITIES = ("N", "E", "O")

# key, unit, default (None: required), least, greatest
PROFILE_NUMBERS = (
    ("settle_ms", "ms", 1000, 0, 600000),
    ("timeout_ms", "ms", 500, 20, 4000),
)
# "least" and "greatest" are those of the quantity, and "saturates" is nowhere, unless a profile says so.
FIELD_NUMBERS = (
    ("function", "", 3, 3, 4),
    ("register", "", None, 0, 65535),
    ("multiply", "", 1, 1, 1000000),
    ("divide", "", 1, 1, 1000000000),
)
FIELD_BOUNDS = ("least", "greatest", "saturates")


def faults(profile: object) -> "list[tuple[str, str]]":
    """Every fault, as (path, what is allowed). Unknown keys are none."""
    if not isinstance(profile, dict):
        return [("", "an object")]
    found = _line_faults(profile.get("line"))
    found.extend(number_faults(PROFILE_NUMBERS, profile))
    if not is_text(profile.get("source", ""), 0, 200):
        found.append((".source", "text of at most 200 characters"))
    fields = profile.get("fields")
    if not isinstance(fields, list) or not 1 <= len(fields) <= MAX_FIELDS:
        return found + [(".fields", "a list of 1 to %d" % MAX_FIELDS)]
    told = set()
    for index, field in enumerate(fields):
        of_field = _field_faults(field)
        if not of_field and field["quantity"] in told:
            of_field.append((".quantity", "each quantity once"))
        elif not of_field:
            told.add(field["quantity"])
        found.extend((".fields[%d]%s" % (index, path), allowed) for path, allowed in of_field)
    return found


def number_faults(rows: "tuple[Any, ...]", fields: "dict[str, Any]") -> "list[tuple[str, str]]":
    found = []
    for key, unit, default, least, greatest in rows:
        if key not in fields:
            if default is None:
                found.append(("." + key, "required"))
        elif not is_int(fields[key], least, greatest):
            found.append(("." + key, ("an integer, %d to %d %s" % (least, greatest, unit)).rstrip()))
    return found


def whole(profile: "dict[str, Any]") -> "dict[str, Any]":
    """A profile without faults, ready to be walked: every default in place, fields as tuples (function, register, type, order,
    quantity id, multiply, divide, raws that are no value, saturates or None, least, greatest), the last three as wire values."""
    made: "dict[str, Any]" = {row[0]: profile.get(row[0], row[2]) for row in PROFILE_NUMBERS}
    made["line"] = tuple(profile["line"])
    made["fields"] = tuple(_whole_field(field) for field in profile["fields"])
    return made


def _whole_field(field: "dict[str, Any]") -> "tuple[Any, ...]":
    quantity = BY_ID[ID[field["quantity"]]]
    return (
        field.get("function", 3),
        field["register"],
        field["type"],
        field.get("order", "abcd"),
        quantity[0],
        field.get("multiply", 1),
        field.get("divide", 1),
        tuple(raw & ((1 << 16 * TYPES[field["type"]]) - 1) for raw in field.get("none", ())),
        field.get("saturates"),
        field.get("least", quantity[4] * quantity[3]),
        field.get("greatest", quantity[5] * quantity[3]),
    )


def _line_faults(line: object) -> "list[tuple[str, str]]":
    right = (
        isinstance(line, (list, tuple))
        and len(line) == 4
        and line[0] in BAUDS
        and line[1] == 8
        and line[2] in PARITIES
        and line[3] in (1, 2)
    )
    return [] if right else [(".line", "[baud, 8, parity N E or O, stop bits 1 or 2]; baud one of %s" % (BAUDS,))]


def _field_faults(field: object) -> "list[tuple[str, str]]":
    if not isinstance(field, dict):
        return [("", "an object")]
    found = number_faults(FIELD_NUMBERS, field)
    for key, choices, optional in (("type", tuple(TYPES), False), ("order", ORDERS, True), ("quantity", tuple(ID), False)):
        if not (optional and key not in field) and field.get(key) not in choices:
            found.append(("." + key, "one of " + ", ".join(choices)))
    none = field.get("none", [])
    if not isinstance(none, (list, tuple)) or len(none) > MAX_NONE or not all(is_int(raw, -MAX_INT, MAX_INT) for raw in none):
        found.append((".none", "at most %d raw values, integers within 2^53; -1 is all bits set" % MAX_NONE))
    for key in FIELD_BOUNDS:
        if key in field and not is_int(field[key], -MAX_SCALED, MAX_SCALED):
            found.append(("." + key, "an integer of 32 bits, as on the wire"))
    if not found and field["register"] + TYPES[field["type"]] > 65536:
        found.append((".register", "room for all registers of the type"))
    return found


def unknown_keys(profile: "dict[str, Any]") -> "list[str]":
    """Paths below the profile that no row names."""
    known = ("line", "source", "fields") + tuple(row[0] for row in PROFILE_NUMBERS)
    of_field = ("type", "order", "quantity", "none") + FIELD_BOUNDS + tuple(row[0] for row in FIELD_NUMBERS)
    paths = ["." + key for key in profile if key not in known]
    fields = profile.get("fields", [])
    for index, field in enumerate(fields if isinstance(fields, list) else []):
        if isinstance(field, dict):
            paths.extend(".fields[%d].%s" % (index, key) for key in field if key not in of_field)
    return paths
