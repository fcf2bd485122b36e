# The settings of a node: one table, walked by the node that obeys them, the gateway that passes them on and the fleet that
# lets people change them. A settings document is always whole; what it does not name has its default.

from contract.profiles import PROFILES

MAX_SENSORS = 8

# key, unit, default, least, greatest, meaning
NUMBERS = (
    ("period_ms", "ms", 10000, 1000, 900000, "length of a report's period"),
    ("resend_ms", "ms", 5000, 1000, 600000, "wait for an acknowledgement before a report is sent again; doubles up to 8 times"),
    ("time_sync_ms", "ms", 600000, 10000, 86400000, "pause between two time questions"),
    ("keepalive_s", "s", 30, 5, 600, "MQTT keepalive"),
)

UART_PARTS = ("pms5003",)
MODES = ("active", "passive")

# key, least, greatest or choices, default (None: required), meaning
SENSOR_FIELDS = (
    ("slot", 0, 15, None, "number of the channel group in reports; unique on the node"),
    ("part", UART_PARTS + tuple(sorted(PROFILES)), None, None, "part number, or the profile of a Modbus transmitter"),
    ("port", 0, 3, None, "serial port of the board (boards/*.py); Modbus transmitters may share one"),
    ("address", 1, 247, 1, "Modbus address; transmitters only"),
    ("poll_ms", 500, 60000, 2000, "pause between two questions; transmitters, and a pms5003 in passive mode"),
    ("mode", MODES, None, "active", "pms5003: active (it streams) or passive (it is asked)"),
)

DEFAULTS = {key: default for key, unit, default, least, greatest, meaning in NUMBERS}
DEFAULTS["sensors"] = []


def with_defaults(settings: dict) -> dict:
    """A new document with every setting present. The argument must have no faults."""
    whole = dict(DEFAULTS)
    whole.update(settings)
    whole["sensors"] = [_sensor_with_defaults(sensor) for sensor in whole["sensors"]]
    return whole


def _sensor_with_defaults(sensor: dict) -> dict:
    whole = {field[0]: field[3] for field in SENSOR_FIELDS if field[3] is not None}
    whole.update(sensor)
    return whole


def faults(settings: object) -> list:
    """Every fault, as (path, what is allowed). An unknown key is none: it is kept for a later version."""
    if not isinstance(settings, dict):
        return [("$", "an object")]
    found = []
    for key, unit, _default, least, greatest, _meaning in NUMBERS:
        if key in settings and not _is_int(settings[key], least, greatest):
            found.append((key, "an integer, %d to %d %s" % (least, greatest, unit)))
    sensors = settings.get("sensors", [])
    if not isinstance(sensors, list) or len(sensors) > MAX_SENSORS:
        return found + [("sensors", "a list of at most %d" % MAX_SENSORS)]
    for index, sensor in enumerate(sensors):
        found.extend(_sensor_faults("sensors[%d]" % index, sensor))
    return found or _conflicts(sensors)


def unknown_keys(settings: dict) -> list:
    """Paths that no row of the tables names: to be refused where a person types, kept where a machine passes on."""
    known = [row[0] for row in NUMBERS] + ["sensors"]
    fields = [row[0] for row in SENSOR_FIELDS]
    paths = [key for key in settings if key not in known]
    for index, sensor in enumerate(settings.get("sensors", [])):
        paths.extend("sensors[%d].%s" % (index, key) for key in sensor if key not in fields)
    return sorted(paths)


def _is_int(value: object, least: int, greatest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= greatest


def _sensor_faults(path: str, sensor: object) -> list:
    if not isinstance(sensor, dict):
        return [(path, "an object")]
    found = []
    for key, least, greatest, default, _ in SENSOR_FIELDS:
        at = path + "." + key
        if key not in sensor:
            if default is None:
                found.append((at, "required"))
        elif greatest is None:
            if sensor[key] not in least:
                found.append((at, "one of " + ", ".join(least)))
        elif not _is_int(sensor[key], least, greatest):
            found.append((at, "an integer, %d to %d" % (least, greatest)))
    return found


def _conflicts(sensors: list) -> list:
    # Only for sensors that are each without fault: two of one slot, or two that cannot share a port.
    found = []
    slots = {}
    ports = {}
    for index, sensor in enumerate(sensors):
        path = "sensors[%d]" % index
        if sensor["slot"] in slots:
            found.append((path + ".slot", "unique; also of sensors[%d]" % slots[sensor["slot"]]))
        slots[sensor["slot"]] = index
        for other in ports.get(sensor["port"], ()):
            fault = _cannot_share(sensor, sensors[other])
            if fault:
                found.append((path + ".port", fault + "; see sensors[%d]" % other))
                break
        ports.setdefault(sensor["port"], []).append(index)
    return found


def _cannot_share(one: dict, other: dict) -> "str | None":
    if one["part"] not in PROFILES or other["part"] not in PROFILES:
        return "a port of its own"
    if PROFILES[one["part"]]["line"] != PROFILES[other["part"]]["line"]:
        return "a port of the same baud rate and parity"
    if one.get("address", 1) == other.get("address", 1):
        return "another address on the same port"
    return None
