# The wiring of the links: from the identity to one carrier for tasks.py. What is not used is not imported.

import random

from node.backoff import Backoff
from node.clock import uptime_ms
from node.port import open_port
from node.portable import const

# Above twice the longest wait between two tries, so that a broker that restarts is no reason to switch.
_SWITCH_AFTER_MS = const(180000)
_PROBE_MS = const(900000)
# Twice what joining and connecting take where all is well, and less than spool_after_s: a try that fails writes nothing to flash.
_TRY_MS = const(30000)


def build(identity: dict, session, history, ports: dict, network, take_fact) -> tuple:
    """(carrier, [(prefix, counters), ...])"""
    serial = identity.get("serial")
    carriers: "dict" = {}
    if "broker" in identity:
        from node.mqtt_carrier import MqttCarrier

        back_off = Backoff(random.randrange)
        carriers["wifi"] = MqttCarrier(identity["node"], identity["broker"], session, network, back_off, uptime_ms, take_fact)
    if serial is not None:
        from node.serial_carrier import SerialCarrier

        port = _port(serial, ports)
        carriers["serial"] = SerialCarrier(identity["node"], serial.get("address", 1), port, session, uptime_ms, take_fact)
    if len(carriers) == 1:
        carrier = next(iter(carriers.values()))
        return carrier, [("link", carrier.counters)]
    from node.links import LinkedCarriers, Links

    links = Links(tuple(identity.get("links", ("wifi", "serial"))), _SWITCH_AFTER_MS, _PROBE_MS, _TRY_MS, uptime_ms())
    linked = LinkedCarriers(links, carriers, session, history.has_unacknowledged, uptime_ms)
    counters = [("link", carriers["wifi"].counters), ("serial", carriers["serial"].counters), ("links", links.counters)]
    return linked, counters


def _port(serial: dict, ports: dict):
    if serial["mode"] == "usb":
        from node.usb_port import UsbPort

        return UsbPort(uptime_ms)
    return open_port(ports[serial["port"]], (serial["baud"], 8, "N", 1), uptime_ms)
