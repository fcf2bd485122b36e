# The Modbus RTU master of one RS-485 line: whose turn it is, how long an answer may take, the pause between frames. Does not depend on
# registers (modbus_slave.py) and bytes (modbus_frames.py). Between two questions it listens: what comes then was late, or noise.

from node.drivers import modbus_slave
from node.drivers.modbus_frames import EXCEPTION, REPLY, ReplyParser
from node.portable import const

_CHUNK_BYTES = const(64)
_IDLE_MS = const(1000)
_SLACK_MS = const(50)  # a converter between the slave and the line, and our own event loop

# After a power-on of its own a slave says so by its silence before, and is warming up for the settle time of its profile.
COUNTERS = ("stray_bytes", "quarantines", "write_stalls")

channels = modbus_slave.channels


class ModbusBus:
    """transmitters: [(slot, address, part, poll_ms, profile), ...] of one line; profile: whole (contract.profiles)."""

    def __init__(self, port, transmitters: list, sampler, uptime_ms):
        self._port = port
        self._uptime_ms = uptime_ms
        now = uptime_ms()
        self._slaves = [modbus_slave.Slave(row[0], row[1], row[2], row[3], row[4], sampler, now) for row in transmitters]
        for slave in self._slaves:
            slave.budget_ms = max(slave.timeout_ms, slave.budget_ms // len(transmitters))
        self.channels = [channel for row in transmitters for channel in channels(row[0], row[4])]
        self._parser = ReplyParser()
        self.counters = self._parser.counters
        for name in COUNTERS:
            self.counters[name] = 0
        self._chunk = bytearray(_CHUNK_BYTES)
        self._view = memoryview(self._chunk)

    def identity(self) -> list:
        """[[slot, part, identity], ...]; the profiles know no register that has one, so it is empty."""
        return [[slave.slot, slave.part, ""] for slave in self._slaves]

    def health(self) -> list:
        """[[slot, {...}], ...]: whether a slave has failed so often that it is only probed."""
        return [[slave.slot, {"quarantined": int(slave.quarantined())}] for slave in self._slaves]

    def statistics(self) -> list:
        """[(slot, counters), ...] of each slave."""
        return [(slave.slot, slave.statistics) for slave in self._slaves]

    def sleep(self) -> None:
        """Nothing: transmitters have no such command."""

    wake = sleep

    async def run(self, beat) -> None:
        while True:
            beat()
            await self.turn()

    async def turn(self) -> None:
        """One question, or a second of listening while no slave is due."""
        slave = self._most_overdue()
        now = self._uptime_ms()
        if slave.next_due() > now:
            await self._listen(min(slave.next_due() - now, _IDLE_MS))
            return
        read = slave.next_action(now)
        if read is not None:
            await self._ask(slave, read)

    def _most_overdue(self) -> modbus_slave.Slave:
        chosen = self._slaves[0]
        for slave in self._slaves:
            if slave.next_due() < chosen.next_due():
                chosen = slave
        return chosen

    async def _ask(self, slave: modbus_slave.Slave, read: modbus_slave.Read) -> None:
        await self._listen(self._gap_ms())
        self._parser.expect(read.request)
        if not await self._port.write(read.request):
            self.counters["write_stalls"] += 1
        outcome = await self._outcome(slave.timeout_ms + self._transmission_ms(read))
        now = self._uptime_ms()
        if outcome == REPLY:
            slave.handle_reply(read, self._parser.data, now)
        elif outcome == EXCEPTION:
            slave.handle_exception(read, now)
        else:
            before = slave.quarantines
            slave.handle_failure(self._parser.verdict(), now)
            self.counters["quarantines"] += slave.quarantines - before

    async def _outcome(self, patience_ms: int) -> "int | None":
        deadline = self._uptime_ms() + patience_ms
        while True:
            left = deadline - self._uptime_ms()
            if left <= 0:
                return None
            n = await self._port.readinto(self._view, left)
            self._parser.feed(self._view, n)
            outcome = self._parser.next_reply() if n else None
            if outcome is not None:
                return outcome

    async def _listen(self, duration_ms: int) -> None:
        end = self._uptime_ms() + duration_ms
        left = duration_ms
        while left > 0:
            self.counters["stray_bytes"] += await self._port.readinto(self._view, left)
            left = end - self._uptime_ms()

    def _gap_ms(self) -> int:
        # 3.5 characters, at least 1.75 ms (Modbus over Serial Line 1.02, 2.5.1.1), in whole milliseconds.
        return max(2, (7 * self._port.character_us + 1999) // 2000)

    def _transmission_ms(self, read: modbus_slave.Read) -> int:
        return (2 * read.count + 5) * self._port.character_us // 1000 + _SLACK_MS
