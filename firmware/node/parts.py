# From the settings of sensors to drivers: a table part -> how it is built. Refuses to know pins (boards/*.py), what a part says
# (drivers/*.py) and where its values go (sampler.py).
#
# A UART part has its port for itself; the Modbus transmitters of one port share one bus.

from contract.profiles import PROFILES
from node.drivers import modbus_rtu, pms5003
from node.errors import WiringError


def _pms5003(sensor: dict, port, sampler, uptime_ms):
    return pms5003.Pms5003(sensor["slot"], port, sampler, sensor["mode"], sensor["poll_ms"], uptime_ms)


# part: (line of its port, channels of a slot, build)
UART_PARTS = {
    "pms5003": (pms5003.LINE, pms5003.channels, _pms5003),
}


def faults(sensors: list, ports: dict) -> list:
    """What this board cannot serve, as (path, what is allowed); `ports` is the table of boards/*.py."""
    allowed = "one of the board's ports: " + ", ".join(str(number) for number in sorted(ports))
    return [("sensors[%d].port" % index, allowed) for index, sensor in enumerate(sensors) if sensor["port"] not in ports]


def channels(sensors: list) -> list:
    """[(slot, quantity id), ...] of all sensors: what a report will have rows for."""
    found = []
    for sensor in sensors:
        part = sensor["part"]
        if part in UART_PARTS:
            found.extend(UART_PARTS[part][1](sensor["slot"]))
        else:
            found.extend(modbus_rtu.channels(sensor["slot"], part))
    return found


def build(sensors: list, open_port, sampler, uptime_ms) -> list:
    """One driver a port. `sensors` without faults and with defaults (contract/settings.py); `open_port(number, line)` gives a Port, or
    raises KeyError. Raises WiringError on a part that this firmware does not have, or a port that the board does not have."""
    drivers = []
    buses: dict = {}
    for sensor in sensors:
        part = sensor["part"]
        if part in UART_PARTS:
            line, _, make = UART_PARTS[part]
            drivers.append(make(sensor, _open(sensor, line, open_port), sampler, uptime_ms))
        elif part in PROFILES:
            buses.setdefault(sensor["port"], []).append(sensor)
        else:
            raise WiringError(sensor["slot"], "no driver for " + part)
    for number in sorted(buses):
        drivers.append(_bus(buses[number], open_port, sampler, uptime_ms))
    return drivers


def _bus(sensors: list, open_port, sampler, uptime_ms):
    line = PROFILES[sensors[0]["part"]]["line"]  # one line a port: contract/settings.py refuses a mixture
    transmitters = [(s["slot"], s["address"], s["part"], s["poll_ms"]) for s in sensors]
    return modbus_rtu.ModbusBus(_open(sensors[0], line, open_port), transmitters, sampler, uptime_ms)


def _open(sensor: dict, line: tuple, open_port):
    try:
        return open_port(sensor["port"], line)
    except KeyError:
        raise WiringError(sensor["slot"], "the board has no port %d" % sensor["port"])
