"""Who is connected to the ports of this machine, as the kernel lists it: /proc/net/tcp and tcp6 (proc(5)).

sl  local_address rem_address   st ...        addresses in hexadecimal, each word of 32 bits in the byte order of the machine;
 0: 0100007F:075B 0100007F:9C40 01 ...        st 01: established
"""

import ipaddress
import sys
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from host.listening.addresses import counted_address, on_link_networks

_ESTABLISHED = "01"
_LISTS = ("tcp", "tcp6")


def connections_by_address(ports: Collection[int], folder: Path = Path("/proc/net")) -> Counter[str]:
    """Established connections to these ports of this machine, by the address they come from (as `counted_address` gives it)."""
    # A set: the kernel hands its list out piece by piece, and what is shifted in between is read twice.
    ends, on_link = set[tuple[str, str]](), on_link_networks(folder / "if_inet6")
    for name in _LISTS:
        try:
            lines = (folder / name).read_text().splitlines()[1:]
        except OSError:  # a kernel without IPv6
            continue
        for line in lines:
            _, local, remote, state, *_ = line.split()
            if state == _ESTABLISHED and int(local.partition(":")[2], 16) in ports:
                ends.add((local, remote))
    return Counter(counted_address(_address(remote.partition(":")[0]), on_link) for _, remote in ends)


def _address(words: str) -> str:
    raw = bytes.fromhex(words)
    if sys.byteorder == "little":
        raw = b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    return str(ipaddress.ip_address(raw))
