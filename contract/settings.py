# The settings of a node: tables, walked by the node that obeys them, the gateway that passes them on and the fleet that
# lets people change them. A settings document is always whole; what it does not name has its default.

from contract import profiles as profile_table
from contract.parts import UART_PARTS
from contract.shipped_profiles import PROFILES
from contract.values import is_int, is_text

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
    ("spool_after_s", "s", 60, 10, 3600),
    ("history_per_s", "items/s", 10, 1, 100),
    ("trial_s", "s", 300, 30, 3600),
)
SENSOR_NUMBERS = (
    ("slot", "", None, 0, 15),
    ("port", "", None, 0, 7),
    ("address", "", 1, 1, 247),
    ("clean_every_h", "h", 168, 0, 720),
    ("warm_up_s", "s", 30, 0, 600),
    ("poll_ms", "ms", 2000, 500, 60000),
    ("duty_on_s", "s", 0, 0, 86400),
    ("duty_period_s", "s", 0, 0, 86400),
    # Six hours: indoors a column of whole ug/m3 may stand still for an hour, but never all of a part for a whole night.
    ("stuck_s", "s", 21600, 0, 604800),
    ("min_samples", "", 0, 0, 10000),
    ("twin_slot", "", -1, -1, 15),
    ("greatest_ugm3", "ug/m3", 0, 0, 10000),
    ("saturates_ugm3", "ug/m3", 0, 0, 10000),
    ("baud", "", 0, 0, 115200),
)

MODES = ("active", "passive")
PARITIES = ("profile",) + profile_table.PARITIES

# key, choices, default (None: required)
SENSOR_CHOICES = (
    ("part", tuple(sorted(UART_PARTS)) + tuple(sorted(PROFILES)), None),
    ("mode", MODES, "active"),
    ("parity", PARITIES, "profile"),
)
# Whose choices grow with the profiles that the settings bring.
_PART = "part"


def with_defaults(settings: "dict[str, Any]") -> "dict[str, Any]":
    """A new document with every setting present; each transmitter has its `profile`, whole (contract.profiles.whole), with the baud rate
    and the parity that the sensor names. The argument must have no faults."""
    whole: "dict[str, Any]" = {row[0]: row[2] for row in NUMBERS}
    whole["profiles"] = {}
    whole.update(settings)
    whole["sensors"] = [_sensor_with_defaults(sensor, whole["profiles"]) for sensor in settings.get("sensors", ())]
    return whole


def _sensor_with_defaults(sensor: "dict[str, Any]", delivered: "dict[str, Any]") -> "dict[str, Any]":
    whole: "dict[str, Any]" = {row[0]: row[2] for row in SENSOR_NUMBERS}
    whole.update({row[0]: row[2] for row in SENSOR_CHOICES})
    whole.update(sensor)
    profile = delivered.get(whole["part"]) or PROFILES.get(whole["part"])
    if profile is not None:
        whole["profile"] = profile_table.whole(profile)
        whole["profile"]["line"] = _line(whole, profile["line"])
    return whole


def _line(sensor: "dict[str, Any]", shipped: "tuple[Any, ...]") -> "tuple[Any, ...]":
    baud, bits, parity, stop = shipped
    return sensor["baud"] or baud, bits, parity if sensor["parity"] == PARITIES[0] else sensor["parity"], stop


def faults(settings: object) -> "list[tuple[str, str]]":
    """Every fault, as (path, what is allowed). An unknown key is none: it is kept for a later version."""
    if not isinstance(settings, dict):
        return [("$", "an object")]
    found = _number_faults("", NUMBERS, settings)
    delivered = settings.get("profiles", {})
    found.extend(_profiles_faults(delivered))
    if not isinstance(delivered, dict):
        delivered = {}
    sensors = settings.get("sensors", [])
    if not isinstance(sensors, list) or len(sensors) > MAX_SENSORS:
        return found + [("sensors", "a list of at most %d" % MAX_SENSORS)]
    for index, sensor in enumerate(sensors):
        found.extend(_sensor_faults("sensors[%d]" % index, sensor, delivered))
    return found or _conflicts(sensors, delivered)


def _profiles_faults(delivered: object) -> "list[tuple[str, str]]":
    if not isinstance(delivered, dict) or len(delivered) > profile_table.MAX_PROFILES:
        return [("profiles", "an object of at most %d" % profile_table.MAX_PROFILES)]
    found = []
    for name in sorted(delivered, key=str):
        if not is_text(name, 1, 40) or name in PROFILES or name in UART_PARTS:
            found.append(("profiles", "a name of 1 to 40 characters that the firmware does not know by itself, not %s" % name))
        found.extend(("profiles.%s%s" % (name, path), allowed) for path, allowed in profile_table.faults(delivered[name]))
    return found


def unknown_keys(settings: "dict[str, Any]") -> "list[str]":
    """Paths that no row of the tables names: to be refused where a person types, kept where a machine passes on."""
    known = [row[0] for row in NUMBERS] + ["sensors", "profiles"]
    fields = [row[0] for row in SENSOR_NUMBERS] + [row[0] for row in SENSOR_CHOICES]
    paths = [key for key in settings if key not in known]
    delivered = settings.get("profiles", {})
    for name in delivered if isinstance(delivered, dict) else ():
        if isinstance(delivered[name], dict):
            paths.extend("profiles.%s%s" % (name, path) for path in profile_table.unknown_keys(delivered[name]))
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


def _sensor_faults(path: str, sensor: object, delivered: "dict[str, Any]") -> "list[tuple[str, str]]":
    if not isinstance(sensor, dict):
        return [(path, "an object")]
    found = _number_faults(path + ".", SENSOR_NUMBERS, sensor)
    for key, choices, default in SENSOR_CHOICES:
        if key not in sensor:
            if default is None:
                found.append((path + "." + key, "required"))
        elif sensor[key] not in choices and not (key == _PART and is_text(sensor[key], 1, 40) and sensor[key] in delivered):
            known = choices + tuple(sorted(delivered)) if key == _PART else choices
            found.append((path + "." + key, "one of " + ", ".join(known)))
    if not found and sensor.get("baud", 0) not in (0,) + profile_table.BAUDS:
        found.append((path + ".baud", "0 (as the profile says) or one of " + ", ".join(str(baud) for baud in profile_table.BAUDS)))
    return found


def _conflicts(sensors: "list[dict[str, Any]]", delivered: "dict[str, Any]") -> "list[tuple[str, str]]":
    # Only for sensors that are each without fault: two of one slot, or two that cannot share a port.
    found = []
    whole = [_sensor_with_defaults(sensor, delivered) for sensor in sensors]
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
        if "profile" not in one or "profile" not in other:
            found.append(("port", "a port of its own"))
        elif one["profile"]["line"] != other["profile"]["line"]:
            found.append(("port", "a port of the same baud rate and parity"))
        elif one["address"] == other["address"]:
            found.append(("address", "another address on the same port"))
    return found
