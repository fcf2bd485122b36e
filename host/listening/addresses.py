"""What counts as one address of a client, for limits of connections and for locks.

IPv4: the address. IPv6 from elsewhere: the network of 64 bits, because one machine there can use all of it. IPv6 on the link (link-local,
or a network of an interface of this machine): the whole address, because all machines of the site share those 64 bits. A machine of the
link can take many addresses, as it can in an IPv4 network, so no limit relies on the address alone.
"""

import ipaddress
from collections.abc import Callable, Collection
from pathlib import Path

# The standard size of a network that one customer has (RFC 6177).
_NETWORK_BITS = 64
# What the kernel says of the IPv6 addresses of its interfaces.
INTERFACES = Path("/proc/net/if_inet6")
# An interface may get another network while the service runs.
_LOOK_S = 60.0


class Addresses:
    """For one service: its connections and its requests count by the same."""

    def __init__(self, monotonic_s: Callable[[], float], path: Path | None = None) -> None:
        self._monotonic_s = monotonic_s
        self._path = path or INTERFACES
        self._on_link: Collection[ipaddress.IPv6Network] = ()
        self._until_s: float | None = None

    def counted(self, host: str) -> str:
        """As `counted_address`, with the networks of this machine as they were a minute ago at most."""
        now_s = self._monotonic_s()
        if self._until_s is None or now_s >= self._until_s:
            self._on_link, self._until_s = on_link_networks(self._path), now_s + _LOOK_S
        return counted_address(host, self._on_link)


def counted_address(host: str, on_link: Collection[ipaddress.IPv6Network]) -> str:
    """`on_link`: as `on_link_networks` gives them. IPv4 written as IPv6 is IPv4. Of other text: itself."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    if address.is_link_local or address.is_loopback or any(address in network for network in on_link):
        return str(address)
    return str(ipaddress.IPv6Network((address, _NETWORK_BITS), strict=False))


def on_link_networks(path: Path) -> frozenset[ipaddress.IPv6Network]:
    """The IPv6 networks of the interfaces of this machine, as the kernel lists them; none where it has no IPv6.

    20010db8000000000000000000000001 02 40 00 80 eth0        address, index, length of the prefix (hexadecimal), scope, flags, interface
    """
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return frozenset()
    return frozenset(_network(*line.split()[:3:2]) for line in lines)


def _network(words: str, prefix: str) -> ipaddress.IPv6Network:
    return ipaddress.IPv6Network((bytes.fromhex(words), int(prefix, 16)), strict=False)
