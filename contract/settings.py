# The settings of a node: tables, walked by the node that obeys them, the gateway that passes them on and the fleet that
# lets people change them. A settings document is always whole; what it does not name has its default.

from contract import profiles as profile_table
from contract.faults import MISSING, Fault, below, path_text, unknown
from contract.parts import UART_PARTS
from contract.profiles import number_faults
from contract.shipped_profiles import PROFILES
from contract.values import is_text

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


def faults(settings: object) -> "list[Fault]":
    """Every fault. An unknown key is not one: it is kept for a later version."""
    if not isinstance(settings, dict):
        return [Fault((), "an object", settings)]
    found = number_faults(NUMBERS, settings)
    delivered = settings.get("profiles", {})
    found.extend(below(("profiles",), profiles_faults(delivered)))
    if not isinstance(delivered, dict):
        delivered = {}
    sensors = settings.get("sensors", [])
    if not isinstance(sensors, list) or len(sensors) > MAX_SENSORS:
        return found + [Fault(("sensors",), "a list of at most %d" % MAX_SENSORS, sensors)]
    for index, sensor in enumerate(sensors):
        found.extend(below(("sensors", index), _sensor_faults(sensor, delivered)))
    return found or _conflicts(sensors, delivered)


def profiles_faults(delivered: object) -> "list[Fault]":
    if not isinstance(delivered, dict) or len(delivered) > profile_table.MAX_PROFILES:
        return [Fault((), "an object of at most %d" % profile_table.MAX_PROFILES, delivered)]
    found = []
    for name in sorted(delivered, key=str):
        if not is_text(name, 1, 40) or name in PROFILES or name in UART_PARTS:
            found.append(Fault((), "a name of 1 to 40 characters that the firmware does not know by itself, not %s" % name, name))
        found.extend(below((name,), profile_table.faults(delivered[name])))
    return found


def unknown_keys(settings: "dict[str, Any]") -> "list[Fault]":
    """Keys that no row of the tables names: to be refused where a person types, kept where a machine passes on."""
    known = [row[0] for row in NUMBERS] + ["sensors", "profiles"]
    fields = [row[0] for row in SENSOR_NUMBERS] + [row[0] for row in SENSOR_CHOICES]
    found = unknown(settings, known)
    delivered = settings.get("profiles", {})
    for name in delivered if isinstance(delivered, dict) else ():
        if isinstance(delivered[name], dict):
            found.extend(below(("profiles", name), profile_table.unknown_keys(delivered[name])))
    sensors = settings.get("sensors", [])
    for index, sensor in enumerate(sensors if isinstance(sensors, list) else []):
        if isinstance(sensor, dict):
            found.extend(below(("sensors", index), unknown(sensor, fields)))
    return sorted(found, key=lambda fault: path_text(fault.path))


def _sensor_faults(sensor: object, delivered: "dict[str, Any]") -> "list[Fault]":
    if not isinstance(sensor, dict):
        return [Fault((), "an object", sensor)]
    found = number_faults(SENSOR_NUMBERS, sensor)
    for key, choices, default in SENSOR_CHOICES:
        if key not in sensor:
            if default is None:
                found.append(Fault((key,), "required", MISSING))
        elif sensor[key] not in choices and not (key == _PART and is_text(sensor[key], 1, 40) and sensor[key] in delivered):
            known = choices + tuple(sorted(delivered)) if key == _PART else choices
            found.append(Fault((key,), "one of " + ", ".join(known), sensor[key]))
    if not found and sensor.get("baud", 0) not in (0,) + profile_table.BAUDS:
        allowed = "0 (as the profile says) or one of " + ", ".join(str(baud) for baud in profile_table.BAUDS)
        found.append(Fault(("baud",), allowed, sensor["baud"]))
    return found


def _conflicts(sensors: "list[dict[str, Any]]", delivered: "dict[str, Any]") -> "list[Fault]":
    # Only for sensors that are each without fault: two of one slot, or two that cannot share a port.
    found = []
    whole = [_sensor_with_defaults(sensor, delivered) for sensor in sensors]
    for index, sensor in enumerate(whole):
        for other in range(index):
            for key, allowed in _pair_faults(sensor, whole[other]):
                found.append(Fault(("sensors", index, key), "%s; see sensors[%d]" % (allowed, other), sensor[key]))
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
