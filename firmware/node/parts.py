# From the settings of sensors to drivers: a table part -> how it is built. Does not depend on pins (boards/*.py), what a part says
# (drivers/*.py) and where its values go (sampler.py).
#
# A UART part has its port for itself; the Modbus transmitters of one port share one bus.

#
# A file of drivers/ for a UART part offers
#   LINE                                     (baud, data bits, parity, stop bits)
#   channels(slot, part) -> [(slot, quantity id), ...]
#   build(sensor, port, sampler, uptime_ms)  a driver; sensor: a row of the settings, whole
# and a driver has part, channels, counters, identity(), health(), sleep(), wake(), run(beat), warm_up_ms.
# Only the files of the parts that are configured are loaded.

from contract.faults import Fault
from contract.parts import UART_PARTS
from node.errors import WiringError


def _file(part: str):
    return __import__("node.drivers." + UART_PARTS[part], None, None, ("LINE",))


def _bus_file():
    from node.drivers import modbus_rtu

    return modbus_rtu


def faults(sensors: list, ports: dict) -> list:
    """What this board cannot serve, as faults of the settings; `ports` is the table of boards/*.py."""
    allowed = "one of the board's ports: " + ", ".join(str(number) for number in sorted(ports))
    return [
        Fault(("sensors", index, "port"), allowed, sensor["port"]) for index, sensor in enumerate(sensors) if sensor["port"] not in ports
    ]


def check(ports: dict):
    """`faults` of a board."""
    return lambda sensors: faults(sensors, ports)


def channels(sensors: list) -> list:
    """[(slot, quantity id), ...] of all sensors: what a report will have rows for."""
    found = []
    for sensor in sensors:
        part = sensor["part"]
        if part in UART_PARTS:
            found.extend(_file(part).channels(sensor["slot"], part))
        else:
            found.extend(_bus_file().channels(sensor["slot"], sensor["profile"]))
    return found


def build(sensors: list, open_port, sampler, uptime_ms) -> list:
    """One driver a port. `sensors` without faults and with defaults (contract/settings.py); `open_port(number, line)` gives a Port, or
    raises KeyError. Raises WiringError on a part that this firmware does not have, or a port that the board does not have."""
    drivers = []
    buses: dict = {}
    for sensor in sensors:
        part = sensor["part"]
        if part in UART_PARTS:
            file = _file(part)
            drivers.append(file.build(sensor, _open(sensor, file.LINE, open_port), sampler, uptime_ms))
        elif "profile" in sensor:
            buses.setdefault(sensor["port"], []).append(sensor)
        else:
            raise WiringError(sensor["slot"], "no driver for " + part)
    for number in sorted(buses):
        drivers.append(_bus(buses[number], open_port, sampler, uptime_ms))
    return drivers


def _bus(sensors: list, open_port, sampler, uptime_ms):
    line = sensors[0]["profile"]["line"]  # one line a port: contract/settings.py refuses a mixture
    transmitters = [(s["slot"], s["address"], s["part"], s["poll_ms"], s["profile"]) for s in sensors]
    return _bus_file().ModbusBus(_open(sensors[0], line, open_port), transmitters, sampler, uptime_ms)


def _open(sensor: dict, line: tuple, open_port):
    try:
        return open_port(sensor["port"], line)
    except KeyError:
        raise WiringError(sensor["slot"], "the board has no port %d" % sensor["port"])
