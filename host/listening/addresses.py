"""What counts as one address of a client, for limits of connections and for locks.

IPv4: the address. IPv6 from elsewhere: the network of 64 bits, because one machine there can use all of it. IPv6 on the link (link-local,
or a network of an interface of this machine): the whole address, because all machines of the site share those 64 bits. A machine of the
link can take many addresses, as it can in an IPv4 network, so no limit relies on the address alone.
"""

import ipaddress
from collections.abc import Collection
from pathlib import Path

# The standard size of a network that one customer has (RFC 6177).
_NETWORK_BITS = 64


def counted_address(host: str, on_link: Collection[ipaddress.IPv6Network] = ()) -> str:
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


def on_link_networks(path: Path = Path("/proc/net/if_inet6")) -> frozenset[ipaddress.IPv6Network]:
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
