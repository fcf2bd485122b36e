# What is sent to an SPS30 and when, and what its answers mean (datasheet 1.0, sections 4 and 5). No I/O: replies and the time in; requests
# and reasons out. Pure.
#
# From the start, and after a silence, which may have been a power cut of the part: wake, version, serial, the part's own cleaning, start;
# then a read every second and the status once a minute. A wake or a start that is "not allowed in this state" has already come true: only
# a start that is accepted begins a warm-up anew. A read that is not allowed finds a part that lost its power: it is started again; one
# that is answered in integers, one that another host has started: it is stopped first. What a clone does not know is passed over.
#
# Cleaning blows the fan for 10 s and freezes the values. The part's own weekly timer would do so unannounced, and begins anew at each
# power-on, so it is switched off, and the node has the part cleaned: an hour after power-on, then every clean_every_h of measuring.
#
# "Fan stands still" is latched (section 4.4): once reported it is cleared, and over only when it has not come again for longer than the
# part needs to see it, which is two bad seconds: a status asked right after the clearing is no evidence. The other two bits clear
# themselves, and bit 7 of the replies with them: then the status is asked again.

from contract.quality import ASLEEP, CLEANING, NO_REPLY, REJECTED, SENSOR_ERROR, WARMING_UP
from node.drivers.shdlc import request
from node.portable import const

START, STOP, READ, SLEEP, WAKE, CLEAN = const(0x00), const(0x01), const(0x03), const(0x10), const(0x11), const(0x56)
SERIAL, VERSION, STATUS = const(0xD0), const(0xD1), const(0xD2)
INTERVAL = const(0x80)
# The same commands with other data: above the byte that is on the wire.
NO_INTERVAL, CLEAR = const(0x180), const(0x1D2)
_OPTIONAL = (VERSION, SERIAL, INTERVAL, NO_INTERVAL, STATUS, CLEAR, CLEAN)

WARM_UP_MS = const(30000)  # the longest start-up, in clean air (table 1)
POLL_MS = const(1000)
_REPLY_MS = const(100)  # the reference driver waits 20 ms; a converter and our own loop need some
_STATUS_MS = const(60000)
_CLEANING_MS = const(12000)  # 10 s, and the air in the chamber is the air outside again
_FIRST_CLEANING_MS = const(3600000)
_PATIENCE_MS = const(5000)
_FAILURES = const(3)
_LATCH_MS = const(5000)  # after a clearing; a fault needs two bad seconds to be reported again
_SLEEP_AGAIN_MS = const(60000)
_FLOATS = const(40)

_DEVICE_STATUS = const(0x80)  # bit of a reply's state: the status register has changed
_NOT_ALLOWED = const(0x43)
_SPEED, _LASER, _FAN = const(1 << 21), const(1 << 5), const(1 << 4)

REQUESTS = {
    START: request(START, b"\x01\x03"),
    STOP: request(STOP),
    READ: request(READ),
    SLEEP: request(SLEEP),
    # Any byte wakes the line; the command must follow within 100 ms (section 4.1).
    WAKE: b"\xff" + request(WAKE),
    CLEAN: request(CLEAN),
    SERIAL: request(SERIAL, b"\x03"),
    VERSION: request(VERSION),
    STATUS: request(STATUS, b"\x00"),
    CLEAR: request(STATUS, b"\x01"),
    INTERVAL: request(INTERVAL, b"\x00"),
    NO_INTERVAL: request(INTERVAL, bytes(5)),
}
COUNTERS = ("timeouts", "refused", "restarts", "cleanings", "empty")


class Dialogue:
    """`counters` gets the names of COUNTERS."""

    def __init__(self, clean_every_h: int, counters: dict, now: int):
        self.serial = ""
        self.version = ""
        self.status = 0
        self._alarmed = False
        self._cleared_ms: "int | None" = None  # a clearing that has neither been confirmed nor contradicted yet
        self._clean_every_ms = clean_every_h * 3600000
        self._clean_ms: "int | None" = now + _FIRST_CLEANING_MS if clean_every_h else None
        self._cleaning_until = now
        self._counters = counters
        for name in COUNTERS:
            counters[name] = 0
        self._asked: "int | None" = None
        self._poll_ms: "int | None" = now
        self._deadline = self._status_ms = self._ready_ms = self._heard_ms = now
        self.wake(now)

    def wake(self, now: int) -> None:
        self._asleep = False
        self._begin(now)
        self._ready_ms = now + WARM_UP_MS
        self._reading_ms = now
        self._heard_ms = now - _PATIENCE_MS - 1

    def sleep(self) -> None:
        """What is asked at this moment is forgotten: its answer must not pass for that to "stop"."""
        self._asleep = True
        self._asked = None
        self._poll_ms = None
        self._failures = 0
        self._todo = [STOP, SLEEP]

    def quality(self, now: int) -> "int | None":
        """The quality of a reading that comes now; None: as the values show."""
        if self._alarmed or self.status & (_SPEED | _LASER | _FAN):
            return SENSOR_ERROR
        if now < self._cleaning_until:
            return CLEANING
        return WARMING_UP if now < self._ready_ms else None

    def missing(self, now: int) -> "int | None":
        """The quality of a reading that is due by now and has not come, or None."""
        if self._asleep:
            return ASLEEP
        if now - self._reading_ms > _PATIENCE_MS:
            return REJECTED if now - self._heard_ms <= _PATIENCE_MS else NO_REPLY
        return WARMING_UP if now < self._ready_ms else None

    def health(self) -> dict:
        status = self.status
        return {"fan": int(bool(status & _FAN)), "laser": int(bool(status & _LASER)), "fan_speed": int(bool(status & _SPEED))}

    def next_due(self, now: int) -> int:
        if self._asked is not None:
            return self._deadline
        return now if self._todo else now + _PATIENCE_MS if self._poll_ms is None else self._poll_ms

    def next_action(self, now: int) -> "bytes | None":
        """A request to send now, or None."""
        if self._asked is not None:
            if now < self._deadline:
                return None
            self._fail(now)
        if not self._todo and self._poll_ms is not None and now >= self._poll_ms:
            self._poll(self._poll_ms, now)
        if not self._todo:
            return None
        self._asked = self._todo[0]
        self._deadline = now + _REPLY_MS
        return REQUESTS[self._asked]

    def handle_bytes(self, now: int) -> None:
        """Something was heard, be it a reply or not."""
        self._heard_ms = now

    def handle_reply(self, command: int, state: int, data: memoryview, length: int, now: int) -> bool:
        """True when `data` holds a reading. A late reply to another question is ignored."""
        asked = self._asked
        if asked is None or command != asked & 0xFF:
            return False
        self._asked = None
        self._failures = 0
        self._todo.pop(0)
        self._alarmed = bool(state & _DEVICE_STATUS)
        changing = self._alarmed or self.status & (_SPEED | _LASER)
        if changing and asked not in (STATUS, CLEAR) and STATUS not in self._todo and not self._asleep:
            self._todo.append(STATUS)
        if state & 0x7F:
            self._refused(asked, state & 0x7F, now)
            return False
        if asked == READ:
            return self._take_reading(length, now)
        self._take(asked, data, length, now)
        return False

    def _take_reading(self, length: int, now: int) -> bool:
        if length == 0:
            self._counters["empty"] += 1
        elif length == _FLOATS:
            self._reading_ms = now
        else:
            self._counters["restarts"] += 1
            self._todo = [STOP, START]
        return length == _FLOATS

    def _take(self, asked: int, data: memoryview, length: int, now: int) -> None:
        if asked == STATUS and length >= 4:
            self._take_status(_long(data), now)
        elif asked == CLEAR:
            self._cleared_ms = now
            self._status_ms = now + _LATCH_MS
        elif asked == SERIAL:
            self.serial = text(data, length)
        elif asked == VERSION and length >= 2:
            self.version = "%d.%d" % (data[0], data[1])
        elif asked == INTERVAL and length >= 4 and _long(data):  # it is kept over a power cut: written only where it is not 0
            self._todo.insert(0, NO_INTERVAL)
        elif asked == START:
            self._ready_ms = now + WARM_UP_MS
        elif asked == CLEAN:
            self._counters["cleanings"] += 1
            self._cleaning_until = now + _CLEANING_MS
            self._clean_ms = now + self._clean_every_ms

    def _take_status(self, status: int, now: int) -> None:
        cleared = self._cleared_ms
        if cleared is not None and status & _FAN:
            self._cleared_ms = None
            self._status_ms = now + _STATUS_MS
        elif cleared is not None and now - cleared < _LATCH_MS:
            status |= self.status & _FAN
        else:
            self._cleared_ms = None
        self.status = status

    def _refused(self, asked: int, code: int, now: int) -> None:
        if code != _NOT_ALLOWED:
            self._counters["refused"] += 1
        elif asked == READ:
            self._counters["restarts"] += 1
            self._begin(now)

    def _poll(self, due: int, now: int) -> None:
        if self._asleep:
            self.sleep()
            return
        self._poll_ms = due + POLL_MS * ((now - due) // POLL_MS + 1)
        self._todo.append(READ)  # it was empty, and keeps its place: a new list would be an allocation
        if now >= self._status_ms:
            self._status_ms = now + _STATUS_MS
            self._todo.append(CLEAR if self.status & _FAN and self._cleared_ms is None else STATUS)
        if self._clean_ms is not None and now >= self._clean_ms:
            self._clean_ms = now + _FIRST_CLEANING_MS  # when this one is lost
            self._todo.append(CLEAN)

    def _fail(self, now: int) -> None:
        self._counters["timeouts"] += 1
        asked, self._asked = self._asked, None
        self._failures += 1
        if self._failures < _FAILURES:
            return
        self._failures = 0
        if self._asleep:
            # It may sleep, and only the answer was lost; if not, its fan wears out.
            self._todo = []
            self._poll_ms = now + _SLEEP_AGAIN_MS
        elif asked in _OPTIONAL:
            self._todo.pop(0)
        elif asked == READ and now - self._reading_ms <= _PATIENCE_MS:
            self._todo = []  # noise; the next second brings another
        else:
            self._begin(now)

    def _begin(self, now: int) -> None:
        self._todo = [WAKE, VERSION, SERIAL, INTERVAL, START]
        self._asked = None
        self._deadline = now
        self._failures = 0
        self._poll_ms = now + POLL_MS
        self._status_ms = now


def _long(data: memoryview) -> int:
    return data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3]


def text(data: memoryview, length: int) -> str:
    """A string of the part: ASCII, ended by a zero."""
    found = ""
    for i in range(length):
        if not 32 < data[i] < 127:
            break
        found += chr(data[i])
    return found
