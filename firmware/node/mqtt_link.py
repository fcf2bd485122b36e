# One MQTT connection, from CONNECT to its end: three tasks share the stream. One reads, one writes, and serve() looks at the clock
# four times a second. Knows packets and limits; what is published and what comes is its owner's:
#   owner.usable()                    subscribed: from now on next_publish is asked
#   owner.next_publish()              (topic, payload) or None
#   owner.is_due()                    whether to ask it
#   owner.take(topic, payload)        a message came

import asyncio

from node import mqtt

# From the open socket to the subscription, and for any write or ping.
CONNECT_LIMIT_MS = 10000
SILENCE_LIMIT_MS = 10000
TICK_MS = 250


class MqttLink:
    def __init__(self, stream, owner, decoder, buffer: bytearray, keepalive_s: int, wake, uptime_ms):
        """wake: the Event that the owner sets when it has something to publish."""
        self._stream = stream
        self._owner = owner
        self._decoder = decoder
        self._buffer = buffer
        self._wake = wake
        self._uptime_ms = uptime_ms
        self._opened = uptime_ms()
        self._keepalive = mqtt.Keepalive(keepalive_s, SILENCE_LIMIT_MS, self._opened)
        self._answers: list = []
        self._ping_wanted = False
        self._ended = False
        self._leaving = False
        self._bug: "Exception | None" = None
        self.usable_since: "int | None" = None
        self.answer: "tuple | int | None" = None  # the last one to CONNECT or SUBSCRIBE: (type, code); an errno where there was none
        self.refused = False  # what the broker showed is not signed by the authority that is trusted

    def leave(self) -> None:
        """Ends serve() at its next look, with a goodbye: the broker then keeps the last will to itself."""
        self._ended = self._leaving = True

    async def serve(self, connect: bytes, subscribe: bytes, beat) -> None:
        """Until the link ends, for whatever reason. Raises only what is a fault of ours."""
        tasks = (
            asyncio.create_task(self._guarded(self._read())),
            asyncio.create_task(self._guarded(self._write(connect, subscribe))),
        )
        while not self._ended:
            await asyncio.sleep_ms(TICK_MS)
            beat()
            self._look(self._uptime_ms())
        for task in tasks:
            task.cancel()
        if self._leaving:
            self._say_goodbye()
        if self._bug is not None:
            raise self._bug

    def _say_goodbye(self) -> None:
        try:
            self._stream.write(mqtt.DISCONNECT_PACKET)
        except OSError:  # it is gone already
            pass

    def _look(self, now: int) -> None:
        action = self._keepalive.next_action(now)
        if action == "dead" or (self.usable_since is None and now - self._opened > CONNECT_LIMIT_MS):
            self._ended = True
        elif action == "ping":
            self._ping_wanted = True
        if self._ping_wanted or self._owner.is_due():
            self._wake.set()

    async def _guarded(self, work) -> None:
        try:
            await work
        except OSError as error:
            if self.answer is None and error.args:
                self.answer = error.args[0]
        except Exception as error:  # noqa: BLE001 the edge of a task: serve() raises it again where it is seen
            self._bug = error
        self._ended = True

    async def _read(self) -> None:
        view = memoryview(self._buffer)
        while True:
            try:
                count = await self._stream.readinto(self._buffer)
            except ValueError:
                self.refused = True
                return
            if count == 0:
                return
            if count is None:  # readiness without data
                continue
            self._keepalive.received()
            self._decoder.feed(view[:count])
            packet = self._decoder.next_packet()
            while packet is not None:
                if packet[0] == mqtt.BROKEN:
                    return
                self._handle(packet)
                packet = self._decoder.next_packet()

    def _handle(self, packet: tuple) -> None:
        if packet[0] == mqtt.PUBLISH:
            self._owner.take(packet[1], packet[2])
        elif packet[0] in (mqtt.CONNACK, mqtt.SUBACK):
            self._answers.append(packet)
        self._wake.set()

    async def _write(self, connect: bytes, subscribe: bytes) -> None:
        for request, answer in ((connect, (mqtt.CONNACK, 0)), (subscribe, (mqtt.SUBACK, 0))):
            await self._send(request)
            self.answer = await self._answer()
            if self.answer != answer:
                return
        self.usable_since = self._uptime_ms()
        self._owner.usable()
        while True:
            if self._ping_wanted:
                self._ping_wanted = False
                await self._send(mqtt.PINGREQ_PACKET)
            publish = self._owner.next_publish()
            if publish is None:
                await self._pause()
            else:
                topic, payload = publish
                await self._send(mqtt.publish_head(topic, len(payload)), payload)

    async def _answer(self) -> tuple:
        while not self._answers:
            await self._pause()
        return self._answers.pop(0)

    async def _pause(self) -> None:
        await self._wake.wait()
        self._wake.clear()

    async def _send(self, packet: bytes, payload: bytes = b"") -> None:
        self._keepalive.write_started(self._uptime_ms())
        try:
            self._stream.write(packet)
            if payload:
                self._stream.write(payload)
            await self._stream.drain()
        except ValueError:  # raised by MicroPython's TLS, by which write or read comes first
            self.refused = True
            raise OSError
        self._keepalive.write_finished()
