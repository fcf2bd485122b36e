"""Instruments on one RS-485 bus of the gateway. What is asked when is decided on the event loop (modbus_slave.py); only the question
itself blocks, in a thread of this bus.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from contract.quality import EXCEPTION, OK
from gateway.ports.source_status import RUNNING, SILENT, SourceStatus
from gateway.sources.averages import Averages
from gateway.sources.modbus_line import ModbusLine
from gateway.sources.modbus_slave import Read, Slave, most_overdue
from gateway.sources.period_reports import PeriodReports
from gateway.sources.source import Publishes
from gateway.time.clock import Clock

_IDLE_MS = 1000
_CHARACTER_BITS = 11
_SLACK_S = 0.05  # a converter between us and the line


class ModbusBus:
    """source: with defaults (contract.site.sources)."""

    def __init__(self, source: dict[str, Any], device: str, publisher: Publishes, clock: Clock) -> None:
        self.status = SourceStatus(source["kind"], source["port"])
        self._source = source
        self._clock = clock
        self._device = device
        self._publisher = publisher
        self._instruments: list[dict[str, Any]] = source["instruments"]
        self._slaves: list[Slave] = []
        self._averages = Averages(
            [(one["slot"], row[4]) for one in self._instruments for row in one["profile"]["fields"]],
            {one["slot"]: one["poll_ms"] for one in self._instruments},
        )
        self.periods = PeriodReports(source["period_ms"], self._averages, self.status, publisher, clock)

    def instruments(self) -> list[list[Any]]:
        return [[one["slot"], one["part"], one["serial"]] for one in self._instruments]

    async def run(self) -> None:
        line = ModbusLine(self._device, self._instruments[0]["profile"]["line"])
        thread = ThreadPoolExecutor(1, f"bus-{self._source['source']}")
        in_thread = asyncio.get_running_loop().run_in_executor
        try:
            await in_thread(thread, line.open)
            self._begin()
            while True:
                await self._turn(lambda slave, read: in_thread(thread, line.ask, slave.address, read, self._timeout_s(slave, read)))
        finally:
            # A question that is under way ends within its timeout; nothing waits for it.
            thread.submit(line.close)
            thread.shutdown(wait=False)

    def _begin(self) -> None:
        self.status.state = RUNNING
        self._slaves = [Slave(one, self._averages, self._clock.monotonic_ms()) for one in self._instruments]

    async def _turn(self, ask: Callable[[Slave, Read], Any]) -> None:
        slave = most_overdue(self._slaves, self._clock.monotonic_ms())
        wait_ms = min(slave.next_due() - self._clock.monotonic_ms(), _IDLE_MS)
        if wait_ms > 0:
            await asyncio.sleep(wait_ms / 1000)
        read = slave.next_read(self._clock.monotonic_ms())
        if read is not None:
            self._handle_outcome(slave, read, await ask(slave, read))

    def _handle_outcome(self, slave: Slave, read: Read, outcome: Any) -> None:
        if outcome.quality == OK:
            slave.handle_reply(read, outcome.data, self._clock.monotonic_ms())
            self.status.heard(self._publisher.utc_ms())
        elif outcome.quality == EXCEPTION:
            slave.handle_exception(read, self._clock.monotonic_ms())
        else:
            slave.handle_failure(outcome.quality, self._clock.monotonic_ms())
            if all(one.quarantined for one in self._slaves):
                self.status.state = SILENT
        self.status.parts = [one.document() for one in self._slaves]

    def _timeout_s(self, slave: Slave, read: Read) -> float:
        baud: int = self._instruments[0]["profile"]["line"][0]
        return slave.timeout_ms / 1000 + (2 * read.count + 5) * _CHARACTER_BITS / baud + _SLACK_S
