"""Whether a request is meant for this page, and by a page of ours. Pure.

A page of another site in the browser of a visitor can send requests to the box (by its address, or by a name of its own that it lets point
there: DNS rebinding). What it cannot do is send the Host and Origin of ours.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

OWN, FOREIGN_HOST, FOREIGN_ORIGIN = "own", "foreign_host", "foreign_origin"

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def judge(headers: Mapping[str, str], own_address: str, names: frozenset[str]) -> str:
    """`own_address`: the one of this machine that the client has connected to. `names`: of [web] names, in small letters."""
    host = headers.get("Host", "")
    name = _name(host)
    if name is None or (name not in _LOCAL and name != own_address.removeprefix("::ffff:").partition("%")[0] and name not in names):
        return FOREIGN_HOST
    origin = headers.get("Origin")
    if origin is not None and origin.lower() != f"http://{host}".lower():
        return FOREIGN_ORIGIN
    return OWN


def names_of(text: str) -> frozenset[str]:
    """Of the key [web] names: separated by commas."""
    return frozenset(name.strip().lower() for name in text.split(",") if name.strip())


def _name(host: str) -> str | None:
    """Of a Host header: without its port, in small letters."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    if parts.netloc != host or "@" in host or not parts.hostname:
        return None
    return parts.hostname
