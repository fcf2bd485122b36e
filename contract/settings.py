# The settings of a node: tables, walked by the node that obeys them, the gateway that passes them on and the fleet that
# lets people change them. A settings document is always whole; what it does not name has its default.

from contract.profiles import PROFILES
from contract.shapes import is_int

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know this name
if TYPE_CHECKING:
    from typing import Any

MAX_SENSORS = 8

# key, unit, default (None: required), least, greatest. What they mean: meanings.py.
NUMBERS = (
    ("period_ms", "ms", 10000, 1000, 900000),
    ("resend_ms", "ms", 5000, 1000, 600000),
    ("time_sync_ms", "ms", 600000, 10000, 86400000),
    ("keepalive_s", "s", 30, 5, 600),
)
SENSOR_NUMBERS = (
    ("slot", "", None, 0, 15),
    ("port", "", None, 0, 3),
    ("address", "", 1, 1, 247),
    ("poll_ms", "ms", 2000, 500, 60000),
)

UART_PARTS = ("pms5003",)
MODES = ("active", "passive")

# key, choices, default (None: required)
SENSOR_CHOICES = (
    ("part", UART_PARTS + tuple(sorted(PROFILES)), None),
    ("mode", MODES, "active"),
)


def with_defaults(settings: "dict[str, Any]") -> "dict[str, Any]":
    """A new document with every setting present. The argument must have no faults."""
    whole: "dict[str, Any]" = {row[0]: row[2] for row in NUMBERS}
    whole.update(settings)
    whole["sensors"] = [_sensor_with_defaults(sensor) for sensor in settings.get("sensors", ())]
    return whole


def _sensor_with_defaults(sensor: "dict[str, Any]") -> "dict[str, Any]":
    whole: "dict[str, Any]" = {row[0]: row[2] for row in SENSOR_NUMBERS}
    whole.update({row[0]: row[2] for row in SENSOR_CHOICES})
    whole.update(sensor)
    return whole


def faults(settings: object) -> "list[tuple[str, str]]":
    """Every fault, as (path, what is allowed). An unknown key is none: it is kept for a later version."""
    if not isinstance(settings, dict):
        return [("$", "an object")]
    found = _number_faults("", NUMBERS, settings)
    sensors = settings.get("sensors", [])
    if not isinstance(sensors, list) or len(sensors) > MAX_SENSORS:
        return found + [("sensors", "a list of at most %d" % MAX_SENSORS)]
    for index, sensor in enumerate(sensors):
        found.extend(_sensor_faults("sensors[%d]" % index, sensor))
    return found or _conflicts(sensors)


def unknown_keys(settings: "dict[str, Any]") -> "list[str]":
    """Paths that no row of the tables names: to be refused where a person types, kept where a machine passes on."""
    known = [row[0] for row in NUMBERS] + ["sensors"]
    fields = [row[0] for row in SENSOR_NUMBERS] + [row[0] for row in SENSOR_CHOICES]
    paths = [key for key in settings if key not in known]
    sensors = settings.get("sensors", [])
    for index, sensor in enumerate(sensors if isinstance(sensors, list) else []):
        if isinstance(sensor, dict):
            paths.extend("sensors[%d].%s" % (index, key) for key in sensor if key not in fields)
    return sorted(paths)


def _number_faults(
    prefix: str, rows: "tuple[tuple[str, str, int | None, int, int], ...]", fields: "dict[str, object]"
) -> "list[tuple[str, str]]":
    found = []
    for key, unit, default, least, greatest in rows:
        if key not in fields:
            if default is None:
                found.append((prefix + key, "required"))
        elif not is_int(fields[key], least, greatest):
            found.append((prefix + key, ("an integer, %d to %d %s" % (least, greatest, unit)).rstrip()))
    return found


def _sensor_faults(path: str, sensor: object) -> "list[tuple[str, str]]":
    if not isinstance(sensor, dict):
        return [(path, "an object")]
    found = _number_faults(path + ".", SENSOR_NUMBERS, sensor)
    for key, choices, default in SENSOR_CHOICES:
        if key not in sensor:
            if default is None:
                found.append((path + "." + key, "required"))
        elif sensor[key] not in choices:
            found.append((path + "." + key, "one of " + ", ".join(choices)))
    return found


def _conflicts(sensors: "list[dict[str, Any]]") -> "list[tuple[str, str]]":
    # Only for sensors that are each without fault: two of one slot, or two that cannot share a port.
    found = []
    whole = [_sensor_with_defaults(sensor) for sensor in sensors]
    for index, sensor in enumerate(whole):
        for other in range(index):
            for key, fault in _pair_faults(sensor, whole[other]):
                found.append(("sensors[%d].%s" % (index, key), fault + "; see sensors[%d]" % other))
    return found


def _pair_faults(one: "dict[str, Any]", other: "dict[str, Any]") -> "list[tuple[str, str]]":
    found = []
    if one["slot"] == other["slot"]:
        found.append(("slot", "a slot of its own"))
    if one["port"] == other["port"]:
        if one["part"] not in PROFILES or other["part"] not in PROFILES:
            found.append(("port", "a port of its own"))
        elif PROFILES[one["part"]]["line"] != PROFILES[other["part"]]["line"]:
            found.append(("port", "a port of the same baud rate and parity"))
        elif one["address"] == other["address"]:
            found.append(("address", "another address on the same port"))
    return found
