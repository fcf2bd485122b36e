"""The real Mosquitto of one site, on a port of the loopback."""

import os
import shutil
from pathlib import Path

from hil_tests.processes import Program, free_port

_CONFIGURATION = """listener {port} 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
max_queued_messages 0
{user}log_type error
log_type warning
"""

# Started by root, Mosquitto becomes a user of its own, who may not be able to read what it asks for (/etc/hosts.allow, its folder).
_USER = "user root\n" if os.geteuid() == 0 else ""


class Broker:
    """tls: its certificate and key; without them it speaks in the clear."""

    def __init__(self, folder: Path, tls: tuple[Path, Path] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        configuration = folder / "mosquitto.conf"
        text = _CONFIGURATION.format(port=self.port, user=_USER)
        if tls:
            text += f"certfile {tls[0]}\nkeyfile {tls[1]}\n"
        configuration.write_text(text)
        self.program = Program("mosquitto", [_mosquitto(), "-c", str(configuration)], folder / "mosquitto.log")

    def start(self) -> None:
        self.program.start()
        self.program.wait_for(self.port)


def _mosquitto() -> str:
    # Debian puts it where only root's PATH leads.
    found = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        raise FileNotFoundError("mosquitto is missing: run make setup")
    return found
