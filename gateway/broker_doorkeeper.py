"""Keeps the broker's password file (broker_access.py) as the desired document has the nodes. A broker of others is left alone."""

from collections.abc import Callable
from pathlib import Path

from gateway import broker_access
from gateway.atomic_file import replace_file
from gateway.configuration import MqttSection
from gateway.counters import Counters
from gateway.store.health_records import ErrorLog

_MODE = 0o640  # the broker reads it through its group


class BrokerDoorkeeper:
    def __init__(self, section: MqttSection, counters: Counters, errors: ErrorLog, utc_ms: Callable[[], int]) -> None:
        self._section = section
        self._counters = counters
        self._errors = errors
        self._utc_ms = utc_ms

    def let_in(self, nodes: dict[str, bytes]) -> None:
        """These nodes, by key, and nobody else. A file that cannot be written is counted and told: old nodes stay let in."""
        section = self._section
        if not section.access_folder:
            return
        try:
            if write(Path(section.access_folder), broker_access.passwords(section.user, section.password, nodes)):
                self._counters.add("broker.access_written")
        except OSError as error:
            self._counters.add("broker.access_failed")
            self._errors.add(self._utc_ms(), "broker", f"nodes cannot be let in: {error}")


def write(folder: Path, content: str) -> bool:
    """Whether anything changed. Raises OSError."""
    path = folder / broker_access.PASSWORDS
    if path.exists() and path.read_bytes() == content.encode():
        return False
    replace_file(path, content.encode(), _MODE)
    return True
