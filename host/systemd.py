"""Notifications to systemd (sd_notify(3)): one datagram of lines to the socket that it names. Without systemd nothing happens."""

import os
import socket

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


class Systemd:
    """`watchdog_s` is within what time it wants to hear ALIVE; None: it does not ask."""

    def __init__(self, address: str | None, watchdog_us: str | None) -> None:
        """As in the environment: NOTIFY_SOCKET, WATCHDOG_USEC."""
        # "@" stands for the null byte of an abstract name.
        self._address = "\0" + address[1:] if address and address[0] == "@" else address
        self.watchdog_s = int(watchdog_us) / 1e6 if watchdog_us and watchdog_us.isdecimal() and int(watchdog_us) else None

    @classmethod
    def of_environment(cls) -> "Systemd":
        return cls(os.environ.get("NOTIFY_SOCKET"), os.environ.get("WATCHDOG_USEC"))

    def notify(self, state: str, status: str = "") -> None:
        """`status`: a line for people, shown by systemctl. A systemd that does not listen is no fault of ours."""
        if not self._address:
            return
        lines = state + (f"\nSTATUS={status}" if status else "")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            try:
                link.sendto(lines.encode(), self._address)
            except OSError:
                return
