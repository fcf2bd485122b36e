"""Keeps the broker's password file (broker_access.py) as the desired document has the nodes, where [mqtt] access_folder is set."""

import asyncio
import contextlib
from pathlib import Path

from gateway.broker.broker_access import PASSWORDS, passwords
from gateway.configuration import MqttSection
from gateway.telemetry import Telemetry
from host.atomic_file import replace_file

_MODE = 0o640  # the broker reads it through its group
RETRY_S = 60.0


class BrokerPasswordFile:
    def __init__(self, section: MqttSection, telemetry: Telemetry, retry_s: float = RETRY_S) -> None:
        self._section = section
        self._counters = telemetry.counters
        self._errors = telemetry.errors
        self._retry_s = retry_s
        self._nodes: dict[str, bytes] = {}
        self._moved = asyncio.Event()

    def set_nodes(self, nodes: dict[str, bytes]) -> None:
        """These nodes, by key, and no others, soon."""
        self._nodes = nodes
        self._moved.set()

    async def run(self) -> None:
        """One file after the other, for ever: the newest nodes are the last ones written. The hashes of a thousand nodes and the flush take
        a thread, not the event loop."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            if self._section.access_folder and not await self._write():
                await self._until_moved_or_later()

    async def _write(self) -> bool:
        """A file that cannot be written is counted and reported: it stays as it is, and is tried again."""
        section, nodes = self._section, self._nodes
        try:
            if await asyncio.to_thread(lambda: write(Path(section.access_folder), passwords(section.user, section.password, nodes))):
                self._counters.add("broker.access_written")
            return True
        except OSError as error:
            self._counters.add("broker.access_failed")
            self._errors.add("broker", f"password file cannot be written: {error}")
            return False

    async def _until_moved_or_later(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._retry_s):
                await self._moved.wait()
        self._moved.set()


def write(folder: Path, content: str) -> bool:
    """Whether anything changed. Raises OSError."""
    path = folder / PASSWORDS
    if path.exists() and path.read_bytes() == content.encode():
        return False
    replace_file(path, content.encode(), _MODE)
    return True
