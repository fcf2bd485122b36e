"""One Modbus slave of a bus: when it is asked what, what its answers mean, and how long it may fail before it is asked less often. Pure.

A dead slave costs its timeout: three polls, then one probe in a pause that doubles from 5 s to 5 minutes and is never less than 24 times
what a probe costs, so that the others lose less than 5 % of their polls by it. A slave that answers goes before one that is probed.
"""

from typing import Any

from contract.quality import EXCEPTION, NO_REPLY, OK, QUARANTINED, SENTINEL, WARMING_UP
from contract.register_values import Field, count, together
from gateway.sources.averages import Averages

_FAILURES = 3
_SHARE = 24
_FIRST_PAUSE_MS = 5000
_LONGEST_PAUSE_MS = 300_000


class Read:
    """Registers that are asked for together."""

    def __init__(self, group: list[tuple[Any, ...]]) -> None:
        self.function: int = group[0][0]
        self.register: int = group[0][1]
        self.count = count(group)
        self.fields = [Field(row[1] - self.register, row) for row in group]

    def is_blank(self, data: bytes) -> bool:
        """Several values and every bit of them set: a transmitter without its probe. One alone may be meant: -0.1 degC is 0xFFFF."""
        return len(self.fields) > 1 and data == b"\xff" * (2 * self.count)


class Slave:
    """instrument: of a source with defaults (contract.site.sources). Every poll_ms a turn; from next_due on, the bus asks for `next_read`
    and hands the outcome to a handle_*."""

    def __init__(self, instrument: dict[str, Any], averages: Averages, now_ms: int) -> None:
        profile = instrument["profile"]
        self.slot: int = instrument["slot"]
        self.address: int = instrument["address"]
        self.part: str = instrument["part"]
        self.timeout_ms: int = profile["timeout_ms"]
        self.counters = dict.fromkeys(("polls", "replies", "exceptions", "silences", "damaged", "quarantines"), 0)
        self._poll_ms: int = instrument["poll_ms"]
        self._settle_ms: int = profile["settle_ms"]
        self._averages = averages
        self._reads = [Read(group) for group in together(profile["fields"])]
        self._next = 0
        self._failures = 0
        self._pause_ms = _FIRST_PAUSE_MS
        self._probe_ms = now_ms
        self._due_ms = now_ms
        self._ready_ms = now_ms + self._settle_ms

    @property
    def quarantined(self) -> bool:
        return self._failures >= _FAILURES

    def next_due(self) -> int:
        return self._due_ms

    def next_read(self, now_ms: int) -> Read | None:
        """What to ask now. None: it is not its turn, or its turn is over."""
        if now_ms < self._due_ms:
            return None
        if self._next == 0 and self.quarantined and now_ms < self._probe_ms:
            self._averages.miss(self.slot, QUARANTINED)
            self._end_turn(now_ms)
            return None
        if self._next == len(self._reads):
            self._end_turn(now_ms)
            return None
        self._next += 1
        self.counters["polls"] += 1
        return self._reads[self._next - 1]

    def handle_reply(self, read: Read, data: bytes, now_ms: int) -> None:
        """data: the registers, high byte first."""
        self._answered("replies", now_ms)
        blank = read.is_blank(data)
        for field in read.fields:
            quality = SENTINEL if blank else field.take(data)
            if quality == OK and now_ms < self._ready_ms:
                quality = WARMING_UP
            self._averages.add(self.slot, field.quantity, field.value, quality)

    def handle_exception(self, read: Read, now_ms: int) -> None:
        """It answers, so it is not dead: the other reads go on."""
        self._answered("exceptions", now_ms)
        for field in read.fields:
            self._averages.add(self.slot, field.quantity, 0, EXCEPTION)

    def handle_failure(self, reason: int, now_ms: int) -> None:
        """Silence or noise; the rest of the turn is given up."""
        self._averages.miss(self.slot, reason)
        self.counters["silences" if reason == NO_REPLY else "damaged"] += 1
        self._failures += 1
        if self.quarantined:
            self.counters["quarantines"] += self._failures == _FAILURES
            self._probe_ms = now_ms + max(self._pause_ms, _SHARE * self.timeout_ms)
            self._pause_ms = min(2 * self._pause_ms, _LONGEST_PAUSE_MS)
        self._end_turn(now_ms)

    def document(self) -> dict[str, Any]:
        return {"slot": self.slot, "part": self.part, "address": self.address, "quarantined": self.quarantined, **self.counters}

    def _answered(self, how: str, now_ms: int) -> None:
        self.counters[how] += 1
        if self.quarantined:  # it may have been without power
            self._ready_ms = now_ms + self._settle_ms
        self._failures = 0
        self._pause_ms = _FIRST_PAUSE_MS

    def _end_turn(self, now_ms: int) -> None:
        # The next one on the grid of poll_ms; turns that are past are not made up for.
        self._next = 0
        self._due_ms += self._poll_ms * ((now_ms - self._due_ms) // self._poll_ms + 1)


def most_overdue(slaves: list[Slave], now_ms: int) -> Slave:
    """Whose turn it is: of those who are due, one that answers before one that is only probed; then who is due longest."""
    return min(slaves, key=lambda slave: (slave.next_due() > now_ms, slave.quarantined and slave.next_due() <= now_ms, slave.next_due()))
