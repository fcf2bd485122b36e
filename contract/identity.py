# Who a node is, and where its gateway is: the file identity.json that provisioning writes to a node and nothing else changes.
#
#   {"node": "n-0001", "key": "<64 hex digits>",
#    "wifi": {"ssid": "...", "password": "..."},                     absent on boards without Wi-Fi
#    "broker": {"host": "10.0.0.2", "port": 1883, "user": "", "password": ""},
#    "board": "esp32",                                               its wiring, where the interpreter's own name is not enough
#    "settings": {...}}                                             as shipped: version 0, until the fleet sends others
# The host is best an address: a name costs a look-up that blocks the node. Unknown fields are kept for a later version.

from contract.authentication import KEY_BYTES
from contract.settings import faults as settings_faults
from contract.shapes import is_int, is_text
from contract.topics import is_node_id

PATH = "identity.json"

# key, required, least and greatest length
_WIFI = (("ssid", True, 1, 32), ("password", False, 0, 63))
_BROKER = (("host", True, 1, 253), ("user", False, 0, 64), ("password", False, 0, 64))


def faults(identity: object) -> "list[tuple[str, str]]":
    """Every fault, as (path, what is allowed)."""
    if not isinstance(identity, dict):
        return [("$", "an object")]
    found = []
    if not isinstance(identity.get("node"), str) or not is_node_id(identity["node"]):
        found.append(("node", "1 to 32 of a-z, 0-9 and -"))
    if not _is_key(identity.get("key")):
        found.append(("key", "64 hex digits"))
    if "wifi" in identity:
        found.extend(_text_faults("wifi", _WIFI, identity["wifi"]))
    broker = identity.get("broker")
    found.extend(_text_faults("broker", _BROKER, broker))
    if isinstance(broker, dict) and not is_int(broker.get("port"), 1, 65535):
        found.append(("broker.port", "an integer, 1 to 65535"))
    if "board" in identity and not is_text(identity["board"], 1, 32):
        found.append(("board", "text of 1 to 32 characters"))
    found.extend(("settings." + path, allowed) for path, allowed in settings_faults(identity.get("settings", {})))
    return found


def _text_faults(name: str, rows: "tuple[tuple[str, bool, int, int], ...]", fields: object) -> "list[tuple[str, str]]":
    if not isinstance(fields, dict):
        return [(name, "an object")]
    found = []
    for key, required, least, greatest in rows:
        if (required or key in fields) and not is_text(fields.get(key), least, greatest):
            found.append((name + "." + key, "text of %d to %d characters" % (least, greatest)))
    return found


def _is_key(text: object) -> bool:
    return isinstance(text, str) and len(text) == 2 * KEY_BYTES and all(c in "0123456789abcdef" for c in text)
