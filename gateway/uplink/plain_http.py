"""Whether a fleet is asked in the clear over a network. Pure."""

import ipaddress
from urllib.parse import urlsplit

ALLOW = '[fleet] plain_http = "allowed"'


def plain_http_is_open(url: str, plain_http: str = "refused") -> bool:
    """Whether what is said to this fleet can be read and changed on the way, and nobody has allowed it."""
    parts = urlsplit(url)
    return parts.scheme == "http" and plain_http == "refused" and not _is_this_machine(parts.hostname or "")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761, 6.3
