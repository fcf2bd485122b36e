# Who a node is, and where its gateway is: the file identity.json that provisioning writes to a node and nothing else changes.
#
#   {"node": "n-0001", "key": "<64 hex digits>",
#    "wifi": {"ssid": "...", "password": "..."},                     absent on boards without Wi-Fi
#    "gateway": "gw-east", "site": "east-gate",                      for people at its console; the fleet alone says what they are now
#    "broker": {"host": "10.0.0.2", "port": 1883, "user": "", "password": ""},
#    "serial": {"mode": "multidrop", "port": 1, "baud": 9600, "address": 5},     a wire to the gateway; see serial_link.py
#    "links": ["wifi", "serial"],                                    with both, the preferred first; this is the default
#    "board": "esp32",                                               its wiring, where the interpreter's own name is not enough
#    "settings": {...}}                                             as shipped: version 0, until the fleet sends others
# The broker may be absent with a wire, port and baud with the mode "usb"; "broker" may hold "tls": {"ca": "<PEM>"}, the only authority
# that is trusted to name the broker: the host must then be what its certificate says.
# The host is best an address: a name costs a look-up that blocks the node. Unknown fields are kept for a later version.

from contract.authentication import KEY_BYTES
from contract.faults import MISSING, Fault, below
from contract.frames import GREATEST_ADDRESS
from contract.settings import faults as settings_faults
from contract.topics import is_node_id
from contract.values import is_int, is_text

PATH = "identity.json"

MODES = ("point", "multidrop", "usb")
_GREATEST_CA_CHARACTERS = 4096

# key, required, least and greatest length
_WIFI = (("ssid", True, 1, 32), ("password", False, 0, 63))
_BROKER = (("host", True, 1, 253), ("user", False, 0, 64), ("password", False, 0, 64))


def faults(identity: object) -> "list[Fault]":
    """Every fault. An unknown key is not one."""
    if not isinstance(identity, dict):
        return [Fault((), "an object", identity)]
    found = []
    if not isinstance(identity.get("node"), str) or not is_node_id(identity["node"]):
        found.append(_fault(identity, "node", "1 to 32 of a-z, 0-9 and -"))
    if not _is_key(identity.get("key")):
        found.append(_fault(identity, "key", "64 hex digits"))
    if "wifi" in identity:
        found.extend(below(("wifi",), _text_faults(_WIFI, identity["wifi"])))
    if "broker" in identity or "serial" not in identity:
        found.extend(below(("broker",), _broker_faults(identity.get("broker", MISSING))))
    if "serial" in identity:
        found.extend(below(("serial",), _serial_faults(identity["serial"])))
    if "links" in identity and identity["links"] not in (["wifi", "serial"], ["serial", "wifi"]):
        found.append(_fault(identity, "links", "wifi and serial, each once"))
    if "board" in identity and not is_text(identity["board"], 1, 32):
        found.append(_fault(identity, "board", "text of 1 to 32 characters"))
    found.extend(below(("settings",), settings_faults(identity.get("settings", {}))))
    return found


def _fault(fields: "dict[str, object]", key: str, allowed: str) -> Fault:
    return Fault((key,), allowed, fields.get(key, MISSING))


def _broker_faults(broker: object) -> "list[Fault]":
    found = _text_faults(_BROKER, broker)
    if not isinstance(broker, dict):
        return found
    if not is_int(broker.get("port"), 1, 65535):
        found.append(_fault(broker, "port", "an integer, 1 to 65535"))
    if "tls" in broker:
        ca = broker["tls"].get("ca", MISSING) if isinstance(broker["tls"], dict) else MISSING
        if not is_text(ca, 1, _GREATEST_CA_CHARACTERS) or not str(ca).startswith("-----BEGIN CERTIFICATE-----"):
            found.append(Fault(("tls", "ca"), "one certificate as PEM, up to %d characters" % _GREATEST_CA_CHARACTERS, ca))
    return found


def _serial_faults(serial: object) -> "list[Fault]":
    if not isinstance(serial, dict):
        return [Fault((), "an object", serial)]
    found = []
    mode = serial.get("mode")
    if mode not in MODES:
        found.append(_fault(serial, "mode", "one of " + ", ".join(MODES)))
    if mode != "usb":
        if not is_int(serial.get("port"), 0, 7):
            found.append(_fault(serial, "port", "an integer, 0 to 7"))
        if not is_int(serial.get("baud"), 1200, 921600):
            found.append(_fault(serial, "baud", "an integer, 1200 to 921600"))
    if not is_int(serial.get("address", None if mode == "multidrop" else 1), 1, GREATEST_ADDRESS):
        found.append(_fault(serial, "address", "an integer, 1 to %d" % GREATEST_ADDRESS))
    return found


def _text_faults(rows: "tuple[tuple[str, bool, int, int], ...]", fields: object) -> "list[Fault]":
    if not isinstance(fields, dict):
        return [Fault((), "an object", fields)]
    found = []
    for key, required, least, greatest in rows:
        if (required or key in fields) and not is_text(fields.get(key), least, greatest):
            found.append(_fault(fields, key, "text of %d to %d characters" % (least, greatest)))
    return found


def _is_key(text: object) -> bool:
    return isinstance(text, str) and len(text) == 2 * KEY_BYTES and all(c in "0123456789abcdef" for c in text)
