# The sensors of the settings in force: their drivers, each in a task of its own, and the sampler that they fill. A driver that fails is
# started again and counted; the others go on. Knows no part (parts.py does), no report and no link.

import asyncio

from contract.quality import ASLEEP, NOT_MEASURED
from node import parts
from node.duty import SLEEP, Duty
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
        # For a person at the board: the ports in use, by number, and the rows of the last period.
        self.ports: dict = {}
        self.latest: list = []
        self.when_built: list = []  # to be called when the drivers of other settings are there
        self._sampler = Sampler([], uptime_ms)
        self._drivers: list = []
        self._tasks: list = []
        self._duties: list = []

    async def apply(self, sensors: list) -> "str | None":
        """Measures by these settings from now on. Returns why it cannot: then every channel is there, and not measured."""
        await self._stop()
        self._channels = parts.channels(sensors)
        self._sampler = Sampler(self._channels, self._uptime_ms, sensors)
        try:
            self._drivers = parts.build(sensors, self._open, self._sampler, self._uptime_ms)
        except (NodeError, OSError, ValueError) as error:
            return str(error)
        for driver in self._drivers:
            self._tasks.append(asyncio.create_task(self._drive(driver)))
        self._duties = _duties(sensors, self._drivers, self._uptime_ms())
        for action in self.when_built:
            action()
        return None

    async def hold(self, sensors: list) -> None:
        """Runs no driver: the channels are there, and not measured. Those of a part whose file cannot even be loaded are not."""
        await self._stop()
        self._channels = []
        for sensor in sensors:
            try:
                self._channels.extend(parts.channels([sensor]))
            except Exception:  # noqa: BLE001 this may be what brings the node down
                pass
        self._sampler = Sampler(self._channels, self._uptime_ms)

    def next_turn(self, now: int) -> None:
        """Sends to sleep and wakes the parts whose time has come; to be called several times a second."""
        for driver, duty in self._duties:
            action = duty.next_action(now)
            if action is not None:
                self._sampler.miss(_slot(driver), ASLEEP)  # a period with a part of the sleep, and without a reading
                driver.sleep() if action == SLEEP else driver.wake()

    def asleep(self) -> list:
        """The slots whose parts sleep."""
        return [_slot(driver) for driver, duty in self._duties if duty.asleep]

    def close_period(self) -> list:
        for slot in self.asleep():
            self._sampler.miss(slot, ASLEEP)
        self.latest = self._sampler.close()
        return self.latest

    def not_measured(self) -> list:
        """The rows of a period in which no part could measure."""
        return [[slot, quantity, NOT_MEASURED, 0] for slot, quantity in self._channels]

    def identity(self) -> list:
        return [part for driver in self._drivers for part in driver.identity()]

    def health(self) -> list:
        """[[slot, {key: number}], ...] of the parts that report their health."""
        return [row for driver in self._drivers if hasattr(driver, "health") for row in driver.health()]

    def counters(self) -> list:
        """[(lowest slot of the driver, its counters), ...], and of each transmitter of a bus its own."""
        found = [(_slot(driver), driver.counters) for driver in self._drivers]
        for driver in self._drivers:
            if hasattr(driver, "statistics"):
                found.extend(driver.statistics())
        return found

    def _open(self, number: int, line: tuple):
        self.ports[number] = self._open_port(number, line)
        return self.ports[number]

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
            await sleep_ms(0)
        for driver in self._drivers:
            self._supervisor.unregister(_task_name(driver))
        self._tasks, self._drivers, self._duties, self.ports = [], [], [], {}

    async def _drive(self, driver) -> None:
        while True:
            beat = self._supervisor.register(_task_name(driver), BEAT_LIMIT_MS)
            try:
                await driver.run(beat)
            except MemoryError:
                _count(driver, "no_memory")
            except Exception:  # noqa: BLE001 the edge of a task: one driver's fault is not the others'
                _count(driver, "restarts_by_fault")
            await sleep_ms(self._restart_ms)


def _slot(driver) -> int:
    return min(slot for slot, quantity in driver.channels)


def _count(driver, reason: str) -> None:
    driver.counters[reason] = driver.counters.get(reason, 0) + 1


def _duties(sensors: list, drivers: list, now: int) -> list:
    # Of the parts that sleep by themselves; a bus of transmitters has no such command.
    found = []
    for driver in drivers:
        slot = _slot(driver)
        [sensor] = [sensor for sensor in sensors if sensor["slot"] == slot]
        if "profile" not in sensor and sensor.get("duty_on_s"):
            warm_up_ms = getattr(driver, "warm_up_ms", 0)
            found.append((driver, Duty(sensor["duty_on_s"] * 1000, sensor["duty_period_s"] * 1000, warm_up_ms, now)))
    return found


def _task_name(driver) -> str:
    return "slot %d" % _slot(driver)
