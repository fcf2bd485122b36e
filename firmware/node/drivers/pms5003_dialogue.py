# What is said to a PMS5003 and when, and what its silence means. No I/O: acks, frames and the time in; commands and reasons out.
#
# Sleep, wake and mode are sent until acknowledged, _TRIES times. Passive mode does not survive a sleep, so a wake is always followed
# by the mode. The first words to a part are wake and mode too: it may be as the node before a restart has left it.
# A part that speaks is awake, and one that speaks unasked is active: that counts as an acknowledgement, for clones that give none.

from contract.quality import ASLEEP, NO_REPLY, REJECTED, WARMING_UP
from node.drivers.plantower import command
from node.portable import const

PASSIVE = command(0xE1, 0)
ACTIVE = command(0xE1, 1)
READ = command(0xE2, 0)
SLEEP = command(0xE4, 0)
WAKE = command(0xE4, 1)

WARM_UP_MS = const(30000)  # after power-on and wake: the air in the chamber is the air outside only then (manual, "stable data")
SILENT_MS = const(5000)  # twice the slowest pace of active mode
PAUSE_MS = const(500)  # longer than any pause inside a frame
_ACK_MS = const(1000)
_TRIES = const(3)
_REPLY_MS = const(1000)
_HEAL_MS = const(10000)

COUNTERS = ("unacknowledged", "unasked", "part_restarts")


class Dialogue:
    """mode: "active" (the part streams) or "passive" (it is asked every poll_ms). `counters` gets the names of COUNTERS."""

    def __init__(self, mode: str, poll_ms: int, counters: dict, now: int):
        self._passive = mode == "passive"
        self._mode = PASSIVE if self._passive else ACTIVE
        self._poll_ms = poll_ms
        self._patience_ms = max(SILENT_MS, poll_ms + _REPLY_MS) if self._passive else SILENT_MS
        self._counters = counters
        for name in COUNTERS:
            counters[name] = 0
        self.wake(now)

    def wake(self, now: int) -> None:
        self._asleep = False
        self._say([WAKE, self._mode])
        self._ready_ms = now + WARM_UP_MS
        self._byte_ms = now
        self._frame_ms = now
        self._heal_ms = now + _HEAL_MS
        self._poll_at_ms = now
        self._heard = False
        self._asked = False

    def sleep(self) -> None:
        self._asleep = True
        self._say([SLEEP])

    def warming_up(self, now: int) -> bool:
        return now < self._ready_ms

    def torn(self, now: int) -> bool:
        """Whether a frame that has begun cannot be going on."""
        return now - self._byte_ms >= PAUSE_MS

    def missing(self, now: int) -> "int | None":
        """The quality of a reading that is due by now and has not come, or None."""
        if self._asleep:
            return ASLEEP
        if now - self._frame_ms > self._patience_ms:
            return REJECTED if self._heard and now - self._byte_ms <= self._patience_ms else NO_REPLY
        return WARMING_UP if now < self._ready_ms else None

    def next_due(self, now: int) -> int:
        """When next_action may have something to say, if nothing is heard before."""
        if self._todo:
            return self._deadline if self._tries else now
        if self._asleep:
            return now + SILENT_MS
        heal = max(self._heal_ms, self._frame_ms + self._patience_ms + 1)
        return min(heal, self._poll_at_ms) if self._passive else heal

    def next_action(self, now: int) -> "bytes | None":
        """A command to send now, or None."""
        if not self._todo and not self._asleep:
            self._heal(now)
        if self._todo:
            said = self._next_command(now)
            if said is not None or self._todo:
                return said
        if self._passive and not self._asleep and now >= self._poll_at_ms:
            self._poll_at_ms = now + self._poll_ms
            self._asked = True
            return READ
        return None

    def handle_bytes(self, now: int) -> None:
        if now - self._byte_ms > self._patience_ms and not self._asleep:
            # So long a silence may have been a power cut of the part, or another part in its place.
            self._counters["part_restarts"] += 1
            self._ready_ms = now + WARM_UP_MS
        self._byte_ms = now
        self._heard = True

    def handle_ack(self, code: int, data: int) -> None:
        if self._todo and self._todo[0][2] == code and self._todo[0][4] == data:
            self._done()

    def handle_data(self, now: int) -> bool:
        """True when the frame is a reading: a part that is to sleep and still speaks is sent to sleep again instead."""
        self._frame_ms = now
        if self._asleep:
            if not self._todo:
                self._say([SLEEP])
            return False
        if self._todo and self._todo[0] is WAKE:
            self._done()
        if not self._asked:
            self._heard_unasked()
        self._asked = False
        return True

    def _heard_unasked(self) -> None:
        if self._passive and not self._todo:
            self._counters["unasked"] += 1
            self._say([PASSIVE])
        elif self._todo and self._todo[0] is ACTIVE:
            self._done()

    def _heal(self, now: int) -> None:
        # A silent part may have lost its wake or its mode.
        if now >= self._heal_ms and now - self._frame_ms > self._patience_ms:
            self._heal_ms = now + _HEAL_MS
            self._say([WAKE, self._mode])

    def _say(self, commands: list) -> None:
        self._todo = commands
        self._tries = 0
        self._deadline = 0

    def _done(self) -> None:
        self._todo.pop(0)
        self._tries = 0

    def _next_command(self, now: int) -> "bytes | None":
        if self._tries and now < self._deadline:
            return None
        if self._tries == _TRIES:
            self._counters["unacknowledged"] += 1
            self._done()
            if not self._todo:
                return None
        self._tries += 1
        self._deadline = now + _ACK_MS
        return self._todo[0]
