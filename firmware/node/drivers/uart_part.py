# A part that has a UART for itself: what its dialogue has due is sent, what comes is read, until something else is due. Does not depend
# on frames (the parser of the part's file), what they mean (a subclass) and how readings become a report.

from contract.quality import REJECTED
from node.portable import const

_CHUNK_BYTES = const(64)
_WAIT_MS = const(500)


class UartPart:
    """sensor: a row of the settings, whole. A subclass offers _take_frame(kind, now): the parser's `frame` is of that kind."""

    def __init__(self, sensor: dict, port, sampler, uptime_ms, parser, dialogue, warm_up_ms: int, channels: list):
        self.part = sensor["part"]
        self.channels = channels
        self.warm_up_ms = warm_up_ms
        self.counters = parser.counters
        self.counters["write_stalls"] = 0
        self._slot = sensor["slot"]
        self._port = port
        self._sampler = sampler
        self._uptime_ms = uptime_ms
        self._parser = parser
        self._dialogue = dialogue
        self._chunk = bytearray(_CHUNK_BYTES)
        self._view = memoryview(self._chunk)

    def sleep(self) -> None:
        """Fan and laser off, at the next turn; readings are `asleep` from now on."""
        self._dialogue.sleep()

    def wake(self) -> None:
        """On again, at the next turn; warming up from now on."""
        self._dialogue.wake(self._uptime_ms())

    async def run(self, beat) -> None:
        # One coroutine for ever, no other in the steady state: each would be an allocation.
        port, dialogue = self._port, self._dialogue
        while True:
            beat()
            now = self._uptime_ms()
            action = self._next_action(now)
            if action is not None:
                taken = port.write_now(action)
                if taken < len(action) and not await port.write(action[taken:]):
                    self.counters["write_stalls"] += 1
            port.expect(max(0, min(_WAIT_MS, dialogue.next_due(now) - now)))
            pause = 0
            while True:
                await port.pause(pause)
                pause = port.next_pause()
                if not pause:
                    break
            now = self._uptime_ms()
            self._hear(port.read(self._view), now)
            reason = dialogue.missing(now)
            if reason is not None:
                self._sampler.miss(self._slot, reason)

    def _next_action(self, now: int) -> "bytes | None":
        return self._dialogue.next_action(now)

    def _hear(self, n: int, now: int) -> None:
        if n:
            self._dialogue.handle_bytes(now)
            self._parser.feed(self._view, n)
        elif self._dialogue.torn(now):
            self._parser.tear()
        self.take_frames(now)

    def take_frames(self, now: int) -> None:
        kind = self._parser.next_frame()
        while kind is not None:
            self._take_frame(kind, now)
            kind = self._parser.next_frame()

    def _take_frame(self, kind: int, now: int) -> None:
        raise NotImplementedError

    def _refuse(self) -> None:
        # A frame of another model: never a number.
        if not self._dialogue.asleep:
            self._sampler.miss(self._slot, REJECTED)


class ConfirmedValue:
    """A fact about itself that a part sends in every frame, taken when two frames running agree: a changed identity is an event, and damage
    that a sum does not show must not make one."""

    def __init__(self):
        self.value: "int | None" = None
        self._last: "int | None" = None

    def learn(self, value: int) -> bool:
        """True when what is believed has changed."""
        changed = value == self._last and value != self.value
        if changed:
            self.value = value
        self._last = value
        return changed
