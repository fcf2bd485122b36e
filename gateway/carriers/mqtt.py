"""Nodes over MQTT: aiomqtt behind the carrier interface. Everything is QoS 0, because receipts are the contract's own.

Each connection is a fresh client; the link is tried again for ever, with full jitter. Payloads are not looked into.
"""

import asyncio
import logging
import socket
from collections import deque
from typing import Any, cast

import aiomqtt

from contract import topics
from gateway.backoff import Backoff
from gateway.broker.broker_faults import trouble
from gateway.carriers.carrier import Deliver
from gateway.carriers.intake_queue import IntakeQueue
from gateway.configuration import MqttSection
from gateway.counters import Counters
from gateway.error_log import ErrorLog
from gateway.time import clock

_LOG = logging.getLogger(__name__)
# Under load a pause lets many messages be taken at once, each of which would else cost a task; in quiet it is over long before the next.
_PAUSE_S = 0.002
_AT_ONCE = 8  # publishes on the way together; aiomqtt complains above 10


class MqttCarrier:
    """`connected` is for whoever reports health."""

    def __init__(
        self,
        section: MqttSection,
        client_id: str,
        queue: IntakeQueue,
        outbox_limit: int,
        backoff: Backoff,
        counters: Counters,
        errors: ErrorLog,
    ) -> None:
        self._section = section
        self._client_id = client_id
        self._queue = queue
        self._outbox: deque[tuple[str, bytes]] = deque()
        self._outbox_limit = outbox_limit
        self._to_send = asyncio.Event()
        self._backoff = backoff
        self._counters = counters
        self._errors = errors
        self.connected = False

    async def run(self, deliver: Deliver) -> None:
        while True:
            try:
                await self._session(deliver)
            except aiomqtt.MqttError as error:
                self._counters.add("mqtt.failures")
                found = str(trouble(error, self._section))
                self._errors.add("mqtt", found)
                _LOG.warning("broker lost", extra={"reason": found})
            finally:
                self.connected = False
            await asyncio.sleep(self._backoff.failed(clock.monotonic_s()))

    def send(self, name: str, payload: bytes) -> None:
        if not self.connected:
            self._counters.add("messages.unsent")
            return
        if len(self._outbox) >= self._outbox_limit:
            self._outbox.popleft()
            self._counters.add("messages.unsent")
        self._outbox.append((name, payload))
        self._to_send.set()

    async def _session(self, deliver: Deliver) -> None:
        async with client(self._section, self._client_id, self._queue) as connection:
            await connection.subscribe(topics.EVERY_UP)
            self._connected()
            sending = asyncio.create_task(self._send_all(connection))
            try:
                async for message in connection.messages:
                    await deliver(self, self._queue.take_all(message, topics.PREFIX))
                    await asyncio.sleep(_PAUSE_S)
                    # A broken sender ends the session too: its error is raised here.
                    if sending.done():
                        sending.result()
            finally:
                self._disconnected()
                sending.cancel()

    def _connected(self) -> None:
        self._backoff.succeeded(clock.monotonic_s())
        self._counters.add("mqtt.connects")
        self.connected = True
        _LOG.info("broker connected", extra={"host": self._section.host, "port": self._section.port})

    def _disconnected(self) -> None:
        # Old answers are worth nothing to a node that connects again later.
        self.connected = False
        self._counters.add("messages.unsent", len(self._outbox))
        self._outbox.clear()

    async def _send_all(self, connection: aiomqtt.Client) -> None:
        while True:
            await self._to_send.wait()
            while self._outbox:
                part = [self._outbox.popleft() for _ in range(min(_AT_ONCE, len(self._outbox)))]
                await asyncio.gather(*(connection.publish(topics.PREFIX + name, payload) for name, payload in part))
                self._counters.add("messages.sent", len(part))
            self._to_send.clear()


def client(section: MqttSection, client_id: str, queue: IntakeQueue | None = None) -> aiomqtt.Client:
    """A client of the site's broker, not connected yet.

    MQTT 3.1.1, because paho spends as much on the properties of each MQTT 5 packet as on all the rest. It has no way to bound what
    the broker passes on: that is the broker's own message_size_limit. What comes all the same, the queue cuts.
    """
    return aiomqtt.Client(
        section.host,
        section.port,
        username=section.user or None,
        password=section.password or None,
        identifier=client_id,
        keepalive=section.keepalive_s,
        timeout=section.timeout_s,
        # Answers are small and wanted now: without it the kernel holds each back until the one before is confirmed.
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        # aiomqtt asks for a class and calls it once with maxsize: the queue that we have made serves as well.
        queue_type=cast(Any, (lambda maxsize: queue) if queue is not None else None),
    )
