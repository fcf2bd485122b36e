"""The state of a serial port and of what hangs on it: of a source, or of a line of nodes. For `status`, metrics and the local page."""

from dataclasses import dataclass, field
from typing import Any

WAITING = "waiting"  # for its device to be there
RUNNING = "running"
SILENT = "silent"  # the device is there and sends nothing usable
CRASHED = "crashed"
NO_PORT = "no_port"  # the gateway's configuration maps no device to its port
STATES = (WAITING, RUNNING, SILENT, CRASHED, NO_PORT)


@dataclass
class SourceStatus:
    """`heard_ms`: UTC of the last thing that could be used. `counters`: of this run of the source."""

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
