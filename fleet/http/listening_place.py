"""The address and port that the service listens on: whether it can have them, in words."""

import errno
import socket
from contextlib import closing

from fleet.errors import ListeningError


def check_free(host: str, port: int) -> None:
    """Raises ListeningError, which says what to do."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ListeningError(host, port, _why(error, port)) from error


def _why(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"in use by another program -> end it (ss -ltnp 'sport = :{port}' names it), or take another: option port"
    if error.errno == errno.EACCES:
        return "ports below 1024 belong to root -> take one above, and let a proxy or the firewall lead to it"
    return f"{error.strerror} -> take an address of this machine: option host"
