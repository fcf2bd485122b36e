# The sensors of the settings in force: their drivers, each in a task of its own, and the sampler that they fill. A driver that fails is
# started again and counted; the others go on. Knows no part (parts.py does), no report and no link.

import asyncio

from contract.quality import NOT_MEASURED
from node import parts
from node.errors import NodeError
from node.portable import sleep_ms
from node.sampler import Sampler

RESTART_MS = 5000
# A driver beats every 2 s at the most.
BEAT_LIMIT_MS = 15000


class Measuring:
    def __init__(self, open_port, supervisor, uptime_ms, restart_ms: int = RESTART_MS):
        """open_port: of a port's number and line, a Port."""
        self._open_port = open_port
        self._supervisor = supervisor
        self._uptime_ms = uptime_ms
        self._restart_ms = restart_ms
        self._channels: list = []
        self._sampler = Sampler([], uptime_ms)
        self._drivers: list = []
        self._tasks: list = []

    async def obey(self, sensors: list) -> "str | None":
        """Measures by these settings from now on. Returns why it cannot: then every channel is there, and not measured."""
        await self._stop()
        self._channels = parts.channels(sensors)
        self._sampler = Sampler(self._channels, self._uptime_ms)
        try:
            self._drivers = parts.build(sensors, self._open_port, self._sampler, self._uptime_ms)
        except (NodeError, OSError, ValueError) as error:
            return str(error)
        for driver in self._drivers:
            self._tasks.append(asyncio.create_task(self._drive(driver)))
        return None

    def close_period(self) -> list:
        return self._sampler.close()

    def not_measured(self) -> list:
        """The rows of a period in which nobody could measure."""
        return [[slot, quantity, NOT_MEASURED, 0] for slot, quantity in self._channels]

    def identity(self) -> list:
        return [part for driver in self._drivers for part in driver.identity()]

    def counters(self) -> list:
        """[(lowest slot of the driver, its counters), ...]."""
        return [(_slot(driver), driver.counters) for driver in self._drivers]

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
            await sleep_ms(0)
        for driver in self._drivers:
            self._supervisor.unregister(_task_name(driver))
        self._tasks, self._drivers = [], []

    async def _drive(self, driver) -> None:
        while True:
            beat = self._supervisor.register(_task_name(driver), BEAT_LIMIT_MS)
            try:
                await driver.run(beat)
            except Exception:  # noqa: BLE001 the edge of a task: one driver's fault is not the others'
                driver.counters["restarts_by_fault"] = driver.counters.get("restarts_by_fault", 0) + 1
            await sleep_ms(self._restart_ms)


def _slot(driver) -> int:
    return min(slot for slot, quantity in driver.channels)


def _task_name(driver) -> str:
    return "slot %d" % _slot(driver)
