"""What a source of a site is: one small interface for instruments, monitors, receivers and lines of nodes.

A source runs in a task of its own, waits for its device for ever, and publishes what it finds through what it was given. Faults that it
cannot handle it raises: the others do not notice (source_supervisor.py).
"""

from typing import Any, Protocol

from gateway.ports.source_status import SourceStatus


class Publishes(Protocol):
    """How a source publishes what it found (station/publisher.py)."""

    def report(self, rows: list[list[int]], start_ms: int, duration_ms: int, error_ms: int | None = None) -> None: ...

    def utc_ms(self) -> int: ...


class Periods(Protocol):
    async def run(self) -> None:
        """Publishes what each period had, also while the source does not run, until it is cancelled; then what the last one had."""


class Source(Protocol):
    status: SourceStatus

    @property
    def periods(self) -> Periods | None:
        """None: of a source that has none of its own, such as a line of nodes."""

    def instruments(self) -> list[list[Any]]:
        """[slot, part, identity] of each, as in a hello."""

    async def run(self) -> None:
        """Until it is cancelled. Raises PortError when its device is not there, or not any more: it is run again after a while."""
