# One session over a serial line, for ever: answers its polls with what the session has, hands it what comes. Speaks only when polled.
# Who speaks when is contract/serial_link.py's business.
#
# A message of the session travels as "<direction>/<node>/<type> <sealed message>" (frames.py).

import gc

from contract import topics
from contract.serial_link import Secondary
from node.portable import const

_READ_BYTES = const(128)
_READ_MS = const(100)
# No poll for so long: the line, or the gateway, is gone.
SILENT_MS = 30000
# At 9600 baud a second and a little; the session's own limit is four times that.
_SHORTENED = const(2)


class SerialCarrier:
    def __init__(self, node: str, address: int, port, session, uptime_ms, take_fact):
        """port: `async readinto(view, timeout_ms)`, `async write(data)`. take_fact: gets every fact that session.handle returns."""
        self.counters = {"connected": 0, "broken": 0, "foreign_topic": 0, "no_memory": 0, "write_failed": 0}
        self._allowed = True
        self.usable_since: "int | None" = None
        self._node = node
        self._port = port
        self._session = session
        self._uptime_ms = uptime_ms
        self._take_fact = take_fact
        self._secondary = Secondary(address, self.counters)
        self._polled = 0
        self._was_allowed = False

    def is_linked(self) -> bool:
        return self.usable_since is not None

    def wake(self) -> None:
        """Nothing: the next poll comes soon."""

    def allow(self, on: bool) -> None:
        """Whether to use the session; without it every poll is answered, with nothing."""
        self._allowed = on

    def configure(self, keepalive_s: int) -> None:
        """Nothing: the polls keep the line alive."""

    async def run(self, beat) -> None:
        buffer = memoryview(bytearray(_READ_BYTES))
        for _ in range(_SHORTENED):
            self._session.shortage.shorten()
        while True:
            beat()
            count = await self._port.readinto(buffer, _READ_MS)
            now = self._uptime_ms()
            if count:
                try:
                    self._secondary.feed(bytes(buffer[:count]), now)
                except MemoryError:
                    self._short_of_memory()
                    continue
            if count and self._secondary.next_poll():
                await self._answer(now)
            elif self.usable_since is not None and now - self._polled > SILENT_MS:
                self.usable_since = None
                self.counters["broken"] += 1
                self._secondary.forget()

    async def _answer(self, now: int) -> None:
        self._polled = now
        if self.usable_since is None:
            self.usable_since = now
            self.counters["connected"] += 1
            self._was_allowed = False
        message = self._secondary.next_message()
        if message is not None:
            self._take(message)
        if self._allowed and not self._was_allowed:
            self._session.connected(now)
        self._was_allowed = self._allowed
        frame = self._next_frame(now)
        if frame is not None and not await self._port.write(frame):
            self.counters["write_failed"] += 1

    def _next_frame(self, now: int) -> "bytes | None":
        try:
            message = self._next_message(now) if self._allowed and self._secondary.is_free else None
            return self._secondary.answer(message)
        except MemoryError:  # the items are sent again, fewer at a time
            self._short_of_memory()
            self._session.no_memory(now)
        return None

    def _next_message(self, now: int) -> "bytes | None":
        message = self._session.next_message(now)
        if message is None:
            return None
        kind, sealed = message
        return topics.name(topics.UP, self._node, kind).encode() + b" " + sealed

    def _take(self, message: bytes) -> None:
        space = message.find(b" ")
        try:
            name = topics.parse_name(message[:space].decode()) if space > 0 else None
        except ValueError:  # UnicodeError is one on both runtimes
            name = None
        if name is None or name[0] != topics.DOWN or name[1] != self._node:
            self.counters["foreign_topic"] += 1
            return
        try:
            fact = self._session.handle(name[2], message[space + 1 :], self._uptime_ms())
        except MemoryError:
            self._short_of_memory()
            return
        if fact is not None:
            self._take_fact(fact)

    def _short_of_memory(self) -> None:
        self.counters["no_memory"] += 1
        gc.collect()
