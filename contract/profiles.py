# Modbus transmitters as data: what to ask, and what the answer means. There is no common register map: one vendor family uses
# register 6 for TVOC on one model and for ozone on another, so a profile is of exactly one model. The ones that come with the firmware
# (shipped_profiles.py) and the ones that come in settings have one form, and one check:
#
#   {"line": [9600, 8, "N", 1], "settle_ms": 15000, "timeout_ms": 500, "source": "where the map is from",
#    "fields": [{"function": 3, "register": 6, "type": "u16", "quantity": "tvoc", "multiply": 10, "none": [65535]}, ...]}
# Here is what the keys may be; what they mean: meanings.py. A wire value is raw * multiply / divide, of integers rounded down, of
# a float to the nearest.

from contract.faults import MISSING, Fault, below, unknown
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


def faults(profile: object) -> "list[Fault]":
    """Every fault. An unknown key is not one."""
    if not isinstance(profile, dict):
        return [Fault((), "an object", profile)]
    found = _line_faults(profile.get("line", MISSING))
    found.extend(number_faults(PROFILE_NUMBERS, profile))
    if not is_text(profile.get("source", ""), 0, 200):
        found.append(Fault(("source",), "text of at most 200 characters", profile["source"]))
    fields = profile.get("fields", MISSING)
    if not isinstance(fields, list) or not 1 <= len(fields) <= MAX_FIELDS:
        return found + [Fault(("fields",), "a list of 1 to %d" % MAX_FIELDS, fields)]
    seen = set()
    for index, field in enumerate(fields):
        of_field = _field_faults(field)
        if not of_field and field["quantity"] in seen:
            of_field.append(Fault(("quantity",), "each quantity once", field["quantity"]))
        elif not of_field:
            seen.add(field["quantity"])
        found.extend(below(("fields", index), of_field))
    return found


def number_faults(rows: "tuple[Any, ...]", fields: "dict[str, Any]") -> "list[Fault]":
    """By rows of (key, unit, default, least, greatest)."""
    found = []
    for key, unit, default, least, greatest in rows:
        if key not in fields:
            if default is None:
                found.append(Fault((key,), "required", MISSING))
        elif not is_int(fields[key], least, greatest):
            found.append(Fault((key,), ("an integer, %d to %d %s" % (least, greatest, unit)).rstrip(), fields[key]))
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


def _line_faults(line: object) -> "list[Fault]":
    right = (
        isinstance(line, (list, tuple))
        and len(line) == 4
        and line[0] in BAUDS
        and line[1] == 8
        and line[2] in PARITIES
        and line[3] in (1, 2)
    )
    return [] if right else [Fault(("line",), "[baud, 8, parity N E or O, stop bits 1 or 2]; baud one of %s" % (BAUDS,), line)]


def _field_faults(field: object) -> "list[Fault]":
    if not isinstance(field, dict):
        return [Fault((), "an object", field)]
    found = number_faults(FIELD_NUMBERS, field)
    for key, choices, optional in (("type", tuple(TYPES), False), ("order", ORDERS, True), ("quantity", tuple(ID), False)):
        if not (optional and key not in field) and field.get(key) not in choices:
            found.append(Fault((key,), "one of " + ", ".join(choices), field.get(key, MISSING)))
    none = field.get("none", [])
    if not isinstance(none, (list, tuple)) or len(none) > MAX_NONE or not all(is_int(raw, -MAX_INT, MAX_INT) for raw in none):
        found.append(Fault(("none",), "at most %d raw values, integers within 2^53; -1 is all bits set" % MAX_NONE, none))
    for key in FIELD_BOUNDS:
        if key in field and not is_int(field[key], -MAX_SCALED, MAX_SCALED):
            found.append(Fault((key,), "an integer of 32 bits, as on the wire", field[key]))
    if not found and field["register"] + TYPES[field["type"]] > 65536:
        found.append(Fault(("register",), "room for all registers of the type", field["register"]))
    return found


def unknown_keys(profile: "dict[str, Any]") -> "list[Fault]":
    """Keys that no row names."""
    known = ("line", "source", "fields") + tuple(row[0] for row in PROFILE_NUMBERS)
    of_field = ("type", "order", "quantity", "none") + FIELD_BOUNDS + tuple(row[0] for row in FIELD_NUMBERS)
    found = unknown(profile, known)
    fields = profile.get("fields", [])
    for index, field in enumerate(fields if isinstance(fields, list) else []):
        if isinstance(field, dict):
            found.extend(below(("fields", index), unknown(field, of_field)))
    return found
