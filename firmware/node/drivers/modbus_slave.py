# One Modbus transmitter: what to ask it, by its profile (contract/profiles.py), what its registers mean, and how long it may fail
# before it is asked less often. No I/O. Does not depend on how bytes travel, and that there are other slaves. Pure.

from contract.quality import EXCEPTION, NO_REPLY, OK, QUARANTINED, SENTINEL, WARMING_UP
from contract.register_values import Field, count, together
from node.drivers.modbus_frames import read_request
from node.portable import const

# A dead slave costs its timeout: three polls, then one probe in a pause that doubles from 5 s to a minute, and is never less than
# _SHARE times what a probe costs: the others lose less than 5 % of their polls by it.
_FAILURES = const(3)
_SHARE = const(24)
_FIRST_PAUSE_MS = const(5000)
_LONGEST_PAUSE_MS = const(60000)

STATISTICS = ("polls", "replies", "exception_replies", "silences", "damaged", "put_aside", "longest_ms")


class Read:
    """One request, made once, and the fields of its reply."""

    def __init__(self, address: int, rows: list):
        function, register = rows[0][0], rows[0][1]
        self.count = count(rows)
        self.request = read_request(address, function, register, self.count)
        self.fields = [Field(row[1] - register, row) for row in rows]

    def is_blank(self, data: "bytes | bytearray") -> bool:
        """Several values and every bit of them set: a transmitter without its probe. One alone may be meant: -0.1 degC is 0xFFFF."""
        if len(self.fields) == 1:
            return False
        for i in range(2 * self.count):
            if data[i] != 0xFF:
                return False
        return True


def plan(address: int, profile: dict) -> list:
    """The reads of a profile."""
    return [Read(address, rows) for rows in together(profile["fields"])]


def channels(slot: int, profile: dict) -> list:
    return [(slot, row[4]) for row in profile["fields"]]


class Slave:
    """Every poll_ms a turn of one or more reads: from next_due on, the bus asks `next_action` and hands the outcome to a handle_*."""

    def __init__(self, slot: int, address: int, part: str, poll_ms: int, profile: dict, sampler, now: int):
        self.slot = slot
        self.part = part
        self.timeout_ms = profile["timeout_ms"]
        self._settle_ms = profile["settle_ms"]
        self._poll_ms = poll_ms
        self._sampler = sampler
        self._reads = plan(address, profile)
        self._next = 0
        # What one turn may take, when others wait: the rest of its reads come with the next one. Set by who knows the others.
        self.budget_ms = poll_ms
        self._in_turn = False
        self._turn_ms = now
        self._asked_ms = now
        self._due_ms = now
        self._ready_ms = now + self._settle_ms
        self._failures = 0
        self._pause_ms = self._first_pause_ms = max(_FIRST_PAUSE_MS, _SHARE * self.timeout_ms)
        self._probe_ms = now
        self.quarantines = 0
        self.statistics = {name: 0 for name in STATISTICS}

    def next_due(self) -> int:
        return self._due_ms

    def next_action(self, now: int) -> "Read | None":
        """The read to ask now; None when it is not this slave's turn, or no longer."""
        if now < self._due_ms:
            return None
        if self._next == 0 and self.quarantined() and now < self._probe_ms:
            self._sampler.miss(self.slot, QUARANTINED)
            self._end_turn(now)
            return None
        if self._next == len(self._reads):
            self._next = 0
            self._end_turn(now)
            return None
        if not self._in_turn:
            self._in_turn = True
            self._turn_ms = now
        elif now - self._turn_ms >= self.budget_ms:
            self._end_turn(now)
            return None
        self._next += 1
        self._asked_ms = now
        self.statistics["polls"] += 1
        return self._reads[self._next - 1]

    def quarantined(self) -> bool:
        return self._failures >= _FAILURES

    def handle_reply(self, read: Read, data: bytearray, now: int) -> None:
        self._answered("replies", now)
        blank = read.is_blank(data)
        for field in read.fields:
            quality = SENTINEL if blank else field.take(data)
            if quality == OK and now < self._ready_ms:
                quality = WARMING_UP
            self._sampler.add(self.slot, field.quantity, field.value, quality)

    def handle_exception(self, read: Read, now: int) -> None:
        """It answers, so it is not dead: the other reads go on."""
        self._answered("exception_replies", now)
        for field in read.fields:
            self._sampler.add(self.slot, field.quantity, 0, EXCEPTION)

    def handle_failure(self, reason: int, now: int) -> None:
        """Silence or noise. The rest of the turn is given up: what still comes may be the late answer to this question, and must
        not be taken for the answer to the next one."""
        self._sampler.miss(self.slot, reason)
        self.statistics["silences" if reason == NO_REPLY else "damaged"] += 1
        self._failures += 1
        if self.quarantined():
            if self._failures == _FAILURES:
                self.quarantines += 1
                self.statistics["put_aside"] += 1
            self._probe_ms = now + self._pause_ms
            self._pause_ms = max(self._first_pause_ms, min(2 * self._pause_ms, _LONGEST_PAUSE_MS))
        self._next = 0
        self._end_turn(now + self.timeout_ms)

    def _answered(self, how: str, now: int) -> None:
        statistics = self.statistics
        statistics[how] += 1
        statistics["longest_ms"] = max(statistics["longest_ms"], now - self._asked_ms)
        if self.quarantined():  # it may have been without power
            self._ready_ms = now + self._settle_ms
        self._failures = 0
        self._pause_ms = self._first_pause_ms

    def _end_turn(self, now: int) -> None:
        # The next one on the grid of poll_ms; turns that are past are not made up for.
        self._in_turn = False
        self._due_ms += self._poll_ms * ((now - self._due_ms) // self._poll_ms + 1)
