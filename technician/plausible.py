"""Whether what a technician typed for a node can work at all, beyond what identity.json allows: a Wi-Fi that no access point can have, an
address that leads nowhere. Opens nothing.

Pure.
"""

import ipaddress
import re

from contract.faults import Fault
from contract.topics import is_node_id

# IEEE 802.11: an SSID has up to 32 bytes. WPA: a passphrase has 8 to 63 printable ASCII characters.
MAX_SSID_BYTES = 32
PASSPHRASE = re.compile(r"[\x20-\x7e]{8,63}")
# RFC 1123, 2.1.
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
ID_FORM = "1 to 32 of a-z, 0-9 and -"
NO_SSID = "a Wi-Fi: --ssid"


def name_faults(names: dict[str, str]) -> list[Fault]:
    """Of options and what they name: a node, a gateway, a site."""
    return [Fault((option,), ID_FORM, name) for option, name in names.items() if not is_node_id(name)]


def wifi_faults(ssid: str | None, password: str) -> list[Fault]:
    """ssid: None of a board without Wi-Fi; an empty one is what a variable leaves that was not set."""
    found = []
    if ssid is None:
        return [Fault(("wifi", "password"), "nothing without --ssid", "…")] if password else []
    if not ssid:
        found.append(Fault(("wifi", "ssid"), "the name of a Wi-Fi; a board without has no --ssid", ssid))
    if len(ssid.encode()) > MAX_SSID_BYTES:
        found.append(Fault(("wifi", "ssid"), f"at most {MAX_SSID_BYTES} bytes in UTF-8, this has {len(ssid.encode())}", ssid))
    if not ssid.isprintable():
        found.append(Fault(("wifi", "ssid"), "printable characters", ssid))
    if ssid != ssid.strip():
        found.append(Fault(("wifi", "ssid"), "a name that neither begins nor ends with a space", ssid))
    if password and not PASSPHRASE.fullmatch(password):
        found.append(Fault(("wifi", "password"), "8 to 63 printable ASCII characters, or nothing for an open Wi-Fi", "…"))
    return found


def broker_faults(host: str) -> list[Fault]:
    path = ("broker", "host")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        numbers = re.fullmatch(r"[0-9.]+", host)
        if numbers or not _HOST_NAME.fullmatch(host) or len(host) > 253:
            return [Fault(path, "the address of the gateway (10.0.0.2) or its name in the network (gateway.local)", host)]
        return []
    if address.version != 4 or address.is_unspecified or address.is_multicast or host == "255.255.255.255":
        return [Fault(path, "the IPv4 address of the gateway", host)]
    return []


def is_loopback(host: str) -> bool:
    """An address that leads back to who uses it: of a board, to the board itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
