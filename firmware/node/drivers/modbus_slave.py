# One Modbus transmitter: what to ask it, by its profile (contract/profiles.py), what its registers mean, and how long it may fail
# before it is asked less often. No I/O. Refuses to know how bytes travel, and that there are other slaves.

from contract.profiles import PROFILES
from contract.quality import EXCEPTION, OK, OUT_OF_RANGE, QUARANTINED, SATURATED, SENTINEL, WARMING_UP
from contract.quantities import ID, in_range
from node.drivers.modbus_frames import GREATEST_COUNT, read_request
from node.portable import const

# A dead slave costs its timeout: three polls, then one probe in a pause that doubles from 5 s to a minute.
_FAILURES = const(3)
_FIRST_PAUSE_MS = const(5000)
_LONGEST_PAUSE_MS = const(60000)


class Field:
    """One register of a read: its offset in words, and the way from the raw word to the wire value."""

    def __init__(self, offset: int, row: tuple, saturation: "int | None"):
        _, _, kind, key, self.multiply, self.divide, self.sentinels = row
        self.offset = offset
        self.signed = kind == "s16"
        self.quantity = ID[key]
        self.saturation = saturation

    def value(self, raw: int) -> int:
        signed = raw - 0x10000 if self.signed and raw & 0x8000 else raw
        return signed * self.multiply // self.divide

    def quality(self, value: int) -> int:
        if not in_range(self.quantity, value):
            return OUT_OF_RANGE
        if self.saturation is not None and value >= self.saturation:
            return SATURATED
        return OK


class Read:
    """One request, made once, and the fields of its reply."""

    def __init__(self, address: int, rows: list, saturation: dict):
        function, register = rows[0][0], rows[0][1]
        self.count = rows[-1][1] - register + 1
        self.request = read_request(address, function, register, self.count)
        self.fields = [Field(row[1] - register, row, saturation.get(row[3])) for row in rows]


def plan(address: int, profile: dict) -> list:
    """The reads of a profile: registers of one function that follow each other are one request."""
    saturation = dict(profile["saturation"])
    groups: list = []
    for row in sorted(profile["fields"], key=lambda field: (field[0], field[1])):
        if groups and _follows(row, groups[-1]):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [Read(address, rows, saturation) for rows in groups]


def _follows(row: tuple, group: list) -> bool:
    function, register = group[-1][:2]
    return row[:2] == (function, register + 1) and len(group) < GREATEST_COUNT


def channels(slot: int, part: str) -> list:
    return [(slot, ID[row[3]]) for row in PROFILES[part]["fields"]]


class Slave:
    """Every poll_ms a turn of one or more reads: from next_due on, the bus asks `next_action` and hands the outcome to a handle_*."""

    def __init__(self, slot: int, address: int, part: str, poll_ms: int, sampler, now: int):
        profile = PROFILES[part]
        self.slot = slot
        self.part = part
        self.timeout_ms = profile["timeout_ms"]
        self._settle_ms = profile["settle_ms"]
        self._poll_ms = poll_ms
        self._sampler = sampler
        self._reads = plan(address, profile)
        self._next = 0
        self._due_ms = now
        self._ready_ms = now + self._settle_ms
        self._failures = 0
        self._pause_ms = _FIRST_PAUSE_MS
        self._probe_ms = now
        self.quarantines = 0

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
            self._end_turn(now)
            return None
        self._next += 1
        return self._reads[self._next - 1]

    def quarantined(self) -> bool:
        return self._failures >= _FAILURES

    def handle_reply(self, read: Read, data: bytearray, now: int) -> None:
        self._answered(now)
        for field in read.fields:
            raw = data[2 * field.offset] << 8 | data[2 * field.offset + 1]
            if raw in field.sentinels:
                self._sampler.add(self.slot, field.quantity, 0, SENTINEL)
                continue
            value = field.value(raw)
            quality = WARMING_UP if now < self._ready_ms else field.quality(value)
            self._sampler.add(self.slot, field.quantity, value, quality)

    def handle_exception(self, read: Read, now: int) -> None:
        """It answers, so it is not dead: the other reads go on."""
        self._answered(now)
        for field in read.fields:
            self._sampler.add(self.slot, field.quantity, 0, EXCEPTION)

    def handle_failure(self, reason: int, now: int) -> None:
        """Silence or noise. The rest of the turn is given up: what still comes may be the late answer to this question, and must
        not be taken for the answer to the next one."""
        self._sampler.miss(self.slot, reason)
        self._failures += 1
        if self.quarantined():
            self.quarantines += self._failures == _FAILURES
            self._probe_ms = now + self._pause_ms
            self._pause_ms = min(2 * self._pause_ms, _LONGEST_PAUSE_MS)
        self._end_turn(now + self.timeout_ms)

    def _answered(self, now: int) -> None:
        if self.quarantined():  # it may have been without power
            self._ready_ms = now + self._settle_ms
        self._failures = 0
        self._pause_ms = _FIRST_PAUSE_MS

    def _end_turn(self, now: int) -> None:
        # The next one on the grid of poll_ms; turns that are past are not made up for.
        self._next = 0
        self._due_ms += self._poll_ms * ((now - self._due_ms) // self._poll_ms + 1)
