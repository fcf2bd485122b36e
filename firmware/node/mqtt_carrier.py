# One session over MQTT, for ever: joins the network, connects, publishes what the session has, hands it what comes, and after the end of
# a link does so again when the back-off says. Decides nothing itself: see mqtt.py, mqtt_link.py, backoff.py, session.py.

import asyncio
import gc

from contract import messages, topics
from contract.authentication import SEAL_BYTES
from node import mqtt
from node.mqtt_link import CONNECT_LIMIT_MS, MqttLink

READ_BYTES = 256
ETIMEDOUT = 110
# The longest message with its seal, and room for the topic.
MAX_PACKET_BYTES = messages.MAX_MESSAGE_BYTES + SEAL_BYTES + 128


class MqttCarrier:
    def __init__(self, node: str, broker: dict, session, network, backoff, uptime_ms, take_fact):
        """network: `async join(beat)` and `works()`, or None without Wi-Fi. take_fact: gets every fact that session.handle returns."""
        self.counters = {"connected": 0, "failed": 0, "broken": 0, "tls_refused": 0, "foreign_topic": 0, "no_memory": 0}
        self._keepalive_s = 30
        self._allowed = True
        self._node = node
        self.broker = broker
        self._session = session
        self.network = network
        self._backoff = backoff
        self._uptime_ms = uptime_ms
        self._take_fact = take_fact
        self._wake = asyncio.Event()
        self._buffer = bytearray(READ_BYTES)
        self._link: "MqttLink | None" = None
        # Why the last try came to nothing, for a technician (link_steps.py): an errno of opening, (type, code) of the broker's answer,
        # or text.
        self.failure: "object" = None

    def wake(self) -> None:
        """The session may have something to send."""
        self._wake.set()

    def is_linked(self) -> bool:
        return self._link is not None and self._link.usable_since is not None

    def allow(self, on: bool) -> None:
        """Whether to use the session; without it there is no connection."""
        self._allowed = on
        if not on and self._link is not None:
            self._link.leave()

    def configure(self, keepalive_s: int) -> None:
        """Takes effect by a new connection, because CONNECT carries it to the broker."""
        if keepalive_s != self._keepalive_s and self._link is not None:
            self._link.leave()
        self._keepalive_s = keepalive_s

    async def run(self, beat) -> None:
        while True:
            held_ms = await self._one_link(beat)
            if held_ms and self.network is not None:
                self.network.works()
            wait_ms = self._backoff.next_wait_ms(held_ms)
            resume = self._uptime_ms() + wait_ms
            while self._uptime_ms() < resume:
                beat()
                await asyncio.sleep_ms(min(1000, wait_ms))

    def usable(self) -> None:
        self.counters["connected"] += 1
        self._session.connected(self._uptime_ms())

    def next_publish(self) -> "tuple | None":
        try:
            message = self._session.next_message(self._uptime_ms())
        except MemoryError:  # no piece of the heap is long enough: the items are sent again, fewer at a time
            self.counters["no_memory"] += 1
            gc.collect()
            self._session.no_memory(self._uptime_ms())
            return None
        if message is None:
            return None
        kind, payload = message
        return topics.topic(topics.UP, self._node, kind), payload

    def is_due(self) -> bool:
        now = self._uptime_ms()
        return self._session.next_due(now) <= now

    def take(self, topic: str, payload: bytes) -> None:
        name = topics.parse_topic(topic)
        if name is None or name[0] != topics.DOWN or name[1] != self._node:
            self.counters["foreign_topic"] += 1
            return
        try:
            fact = self._session.handle(name[2], payload, self._uptime_ms())
        except MemoryError:
            self.counters["no_memory"] += 1
            gc.collect()
            return
        if fact is not None:
            self._take_fact(fact)

    async def _one_link(self, beat) -> int:
        # Returns for how many ms it was usable.
        if self.network is not None:
            await self.network.join(beat)
        while not self._allowed:
            beat()
            await asyncio.sleep_ms(500)
        beat()
        try:
            opening = asyncio.open_connection(self.broker["host"], self.broker["port"], **self._tls())
            stream: "asyncio.StreamWriter" = (await asyncio.wait_for_ms(opening, CONNECT_LIMIT_MS))[1]
        except (
            OSError,
            ValueError,
            ImportError,
            asyncio.TimeoutError,
        ) as error:  # the second and third: no certificate to read, no TLS here
            self.counters["failed"] += 1
            self.failure = (error.args or (ETIMEDOUT,))[0]
            return 0
        decoder = mqtt.Decoder(MAX_PACKET_BYTES, self.counters)
        self._link = MqttLink(stream, self, decoder, self._buffer, self._keepalive_s, self._wake, self._uptime_ms)
        try:
            await self._link.serve(self._connect_packet(), mqtt.subscribe_packet(topics.every_down(self._node)), beat)
        finally:
            self.counters["tls_refused"] += self._link.refused
            self.failure = "tls" if self._link.refused else self._link.answer or "silent"
            since, self._link = self._link.usable_since, None
            await stream.wait_closed()  # on MicroPython, close() alone leaves the socket open
        self.counters["failed" if since is None else "broken"] += 1
        return 0 if since is None else self._uptime_ms() - since

    def _tls(self) -> dict:
        # Keywords of open_connection.
        tls = self.broker.get("tls")
        if tls is None:
            return {}
        from node.broker_tls import context

        return {"ssl": context(tls["ca"]), "server_hostname": self.broker["host"]}

    def _connect_packet(self) -> bytes:
        will_topic = topics.topic(topics.UP, self._node, messages.GONE)
        user, password = self.broker.get("user", ""), self.broker.get("password", "")
        return mqtt.connect_packet(self._node, self._keepalive_s, user, password, will_topic, self._session.last_will())
