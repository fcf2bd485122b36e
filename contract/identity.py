# Who a node is, and where its gateway is: the file identity.json that provisioning writes to a node and nothing else changes.
#
#   {"node": "n-0001", "key": "<64 hex digits>",
#    "wifi": {"ssid": "...", "password": "..."},                     absent on boards without Wi-Fi
#    "broker": {"host": "10.0.0.2", "port": 1883, "user": "", "password": ""},
#    "settings": {...}}                                             as shipped: version 0, until the fleet sends others
# The host is best an address: a name costs a look-up that blocks the node.

from contract.authentication import KEY_BYTES
from contract.settings import faults as settings_faults
from contract.topics import is_node_id

PATH = "identity.json"


def faults(identity: object) -> list:
    """Every fault, as (path, what is allowed)."""
    if not isinstance(identity, dict):
        return [("$", "an object")]
    found = []
    if not isinstance(identity.get("node"), str) or not is_node_id(identity["node"]):
        found.append(("node", "1 to 32 of a-z, 0-9 and -"))
    if not _is_key(identity.get("key")):
        found.append(("key", "64 hex digits"))
    broker = identity.get("broker")
    if not isinstance(broker, dict) or not isinstance(broker.get("host"), str) or not isinstance(broker.get("port"), int):
        found.append(("broker", "an object with host (text) and port (integer)"))
    found.extend(("settings." + path, allowed) for path, allowed in settings_faults(identity.get("settings", {})))
    return found


def _is_key(text: object) -> bool:
    return isinstance(text, str) and len(text) == 2 * KEY_BYTES and all(c in "0123456789abcdef" for c in text)
