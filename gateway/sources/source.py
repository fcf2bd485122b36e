"""What a source of a site is: one small interface for instruments, monitors, receivers and lines of nodes.

A source runs in a task of its own, waits for its device for ever, and says what it finds through what it was given. What it cannot
bear it raises: the others do not notice (roster.py).
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

WAITING = "waiting"  # for its device to be there
RUNNING = "running"
SILENT = "silent"  # the device is there and says nothing that can be used
CRASHED = "crashed"
NO_PORT = "no_port"  # the gateway's configuration maps no device to its port
STATES = (WAITING, RUNNING, SILENT, CRASHED, NO_PORT)


@dataclass
class Status:
    """For `status` and the like. `heard_ms`: UTC of the last thing that could be used. `counters`: of this run of the source."""

    kind: str
    port: str
    state: str = WAITING
    reason: str = ""
    heard_ms: int | None = None
    counters: dict[str, int] = field(default_factory=dict)
    # One entry for each part of it, such as the slaves of a bus.
    parts: list[dict[str, Any]] = field(default_factory=list)

    def count(self, name: str, number: int = 1) -> None:
        self.counters[name] = self.counters.get(name, 0) + number

    def heard(self, at_ms: int) -> None:
        self.state, self.reason, self.heard_ms = RUNNING, "", at_ms

    def document(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "port": self.port,
            "state": self.state,
            "reason": self.reason,
            "heard_ms": self.heard_ms,
            "counters": dict(self.counters),
            "parts": [dict(part) for part in self.parts],
        }


class Says(Protocol):
    """How a source says what it found (voice.py)."""

    def report(self, rows: list[list[int]], start_ms: int, duration_ms: int, error_ms: int | None = None) -> None: ...

    def utc_ms(self) -> int: ...


class Periods(Protocol):
    async def run(self) -> None:
        """Says what each period had, also while the source does not run, until it is cancelled; then what the last one had."""


class Source(Protocol):
    status: Status

    @property
    def periods(self) -> Periods | None:
        """None: of a source that has none of its own, such as a line of nodes."""

    def instruments(self) -> list[list[Any]]:
        """[slot, part, identity] of each, as in a hello."""

    async def run(self) -> None:
        """Until it is cancelled. Raises PortError when its device is not there, or not any more: it is run again after a while."""
