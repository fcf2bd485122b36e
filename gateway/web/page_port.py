"""The port of the local page: opened for it, or why not and what to do. The doctor opens it the same way."""

import errno
import socket

from gateway.errors import PageError, reason_of
from host.listening.listener import open_port


def open_page(host: str, port: int) -> socket.socket:
    """Raises PageError."""
    try:
        return open_port(host, port)
    except OSError as error:
        raise PageError(f"{host}:{port}", reason_of(error), _advice(error, port)) from error


def _advice(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"end the program that has it (ss -ltnp 'sport = :{port}'), or take another [web] port"
    return "take an address of this machine for [web] host, and a port above 1023"
