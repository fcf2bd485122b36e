# What is sent to a part that has its UART for itself and when, and what its silence means. No I/O and no protocol: what was heard and
# the time in; commands and reasons out. Pure.
#
# Every command is sent until acknowledged, _TRIES times. A part may lose its mode in a sleep, so a wake is always followed by the rest
# of the opening. The first words to a part are the opening too: it may be as the node before a restart has left it.

from contract.quality import ASLEEP, NO_REPLY, REJECTED, WARMING_UP
from node.portable import const

SILENT_MS = const(5000)  # twice the slowest pace of a part that streams
PAUSE_MS = const(500)  # longer than any pause inside a frame
_ACK_MS = const(1000)
_TRIES = const(3)
_REPLY_MS = const(1000)
_HEAL_MS = const(10000)

COUNTERS = ("unacknowledged", "unasked", "part_restarts")


class Dialogue:
    """opening: the commands that wake the part and set its mode, in this order, and any others; closing: the one that puts it to sleep.
    read: the question, sent every poll_ms; None: the part streams. `counters` gets the names of COUNTERS.
    speech_counts: a part that speaks is awake, one that speaks unasked streams: an acknowledgement, for clones that give none."""

    def __init__(self, opening: tuple, closing: bytes, read: "bytes | None", poll_ms: int, warm_up_ms: int, counters: dict, now: int):
        self.speech_counts = False
        self._opening = opening
        self._closing = closing
        self._read = read
        self._poll_ms = poll_ms
        self._warm_up_ms = warm_up_ms
        self._patience_ms = SILENT_MS if read is None else max(SILENT_MS, poll_ms + _REPLY_MS)
        self._counters = counters
        for name in COUNTERS:
            counters[name] = 0
        self.wake(now)

    def wake(self, now: int) -> None:
        self.asleep = False
        self._open()
        self._ready_ms = now + self._warm_up_ms
        self._byte_ms = now
        self._frame_ms = now
        self._heal_ms = now + _HEAL_MS
        self._poll_at_ms = now
        self._heard = False
        self._asked = False

    def sleep(self) -> None:
        self.asleep = True
        self._say([self._closing])

    def reopen(self, now: int) -> None:
        """The part has shown that it is not as the opening has set it: it was without power, or is another one."""
        if not self._todo and not self.asleep:
            self._ready_ms = now + self._warm_up_ms
            self._open()

    def awaits(self, command: bytes) -> bool:
        """Whether it is sent, or will be, and is not acknowledged yet."""
        return command in self._todo

    def pending(self) -> "bytes | None":
        """The command whose acknowledgement is awaited."""
        return self._todo[0] if self._todo else None

    def awaits_reading(self) -> bool:
        return self._asked

    def handle_ack(self) -> None:
        """Of the pending command."""
        self._todo.pop(0)
        self._tries = 0

    def warming_up(self, now: int) -> bool:
        return now < self._ready_ms

    def torn(self, now: int) -> bool:
        """Whether a frame that has begun cannot be going on."""
        return now - self._byte_ms >= PAUSE_MS

    def missing(self, now: int) -> "int | None":
        """The quality of a reading that is due by now and has not come, or None."""
        if self.asleep:
            return ASLEEP
        if now - self._frame_ms > self._patience_ms:
            return REJECTED if self._heard and now - self._byte_ms <= self._patience_ms else NO_REPLY
        return WARMING_UP if now < self._ready_ms else None

    def next_due(self, now: int) -> int:
        """When next_action may have something to send, if nothing is received before."""
        if self._todo:
            return self._deadline if self._tries else now
        if self.asleep:
            return now + SILENT_MS
        heal = max(self._heal_ms, self._frame_ms + self._patience_ms + 1)
        return heal if self._read is None else min(heal, self._poll_at_ms)

    def next_action(self, now: int) -> "bytes | None":
        """A command to send now, or None."""
        if not self._todo and not self.asleep:
            self._heal(now)
        if self._todo:
            command = self._next_command(now)
            if command is not None or self._todo:
                return command
        if self._read is not None and not self.asleep and now >= self._poll_at_ms:
            self._poll_at_ms = now + self._poll_ms
            self._asked = True
            return self._read
        return None

    def handle_bytes(self, now: int) -> None:
        if now - self._byte_ms > self._patience_ms and not self.asleep:
            # So long a silence may have been a power cut of the part, or another part in its place.
            self._counters["part_restarts"] += 1
            self._ready_ms = now + self._warm_up_ms
        self._byte_ms = now
        self._heard = True

    def handle_data(self, now: int) -> bool:
        """True when the frame is a reading: a part that is to sleep and still speaks is sent to sleep again instead."""
        self._frame_ms = now
        if self.asleep:
            if not self._todo:
                self.sleep()
            return False
        if self.speech_counts and self.pending() is self._opening[0]:
            self.handle_ack()
        if not self._asked:
            self._heard_unasked()
        self._asked = False
        return True

    def _heard_unasked(self) -> None:
        if self._read is not None and not self._todo:
            self._counters["unasked"] += 1
            self._say([self._opening[1]])
        elif self._read is None and self.speech_counts and self.pending() is self._opening[1]:
            self.handle_ack()

    def _heal(self, now: int) -> None:
        # A silent part may have lost its wake or its mode.
        if now >= self._heal_ms and now - self._frame_ms > self._patience_ms:
            self._heal_ms = now + _HEAL_MS
            self._open()

    def _open(self) -> None:
        self._say(list(self._opening))

    def _say(self, commands: list) -> None:
        self._todo = commands
        self._tries = 0
        self._deadline = 0

    def _next_command(self, now: int) -> "bytes | None":
        if self._tries and now < self._deadline:
            return None
        if self._tries == _TRIES:
            self._counters["unacknowledged"] += 1
            self.handle_ack()
            if not self._todo:
                return None
        self._tries += 1
        self._deadline = now + _ACK_MS
        return self._todo[0]
