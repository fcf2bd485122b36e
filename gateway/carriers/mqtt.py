"""Nodes over MQTT: aiomqtt behind the carrier interface. Everything is QoS 0, because receipts are the contract's own.

Each connection is a fresh client; the link is tried again for ever, with full jitter. Payloads are not looked into.
"""

import asyncio
import logging
import socket
from typing import Any, NamedTuple, cast

import aiomqtt

from contract import topics
from gateway.backoff import Backoff
from gateway.broker.broker_faults import trouble
from gateway.carriers.carrier import Deliver
from gateway.carriers.intake_queue import IntakeQueue
from gateway.carriers.outgoing_queue import OutgoingQueue
from gateway.configuration import MqttSection
from gateway.telemetry import Telemetry
from gateway.time.clock import Clock

_LOG = logging.getLogger(__name__)
# Under load a pause lets many messages be taken at once, each of which would else cost a task; in quiet it is over long before the next.
_PAUSE_S = 0.002
_AT_ONCE = 8  # publishes on the way together; aiomqtt complains above 10


class BrokerAccount(NamedTuple):
    """Which broker, and as which client."""

    section: MqttSection
    client_id: str


class MqttCarrier:
    """`connected` is for health reports."""

    def __init__(
        self, account: BrokerAccount, queue: IntakeQueue, outgoing: OutgoingQueue, backoff: Backoff, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._section, self._client_id = account
        self._queue = queue
        self._outgoing = outgoing
        self._backoff = backoff
        self._clock = clock
        self._counters = telemetry.counters
        self._errors = telemetry.errors
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
            await asyncio.sleep(self._backoff.failed(self._clock.monotonic_s()))

    def send(self, name: str, payload: bytes) -> None:
        if not self.connected:
            self._counters.add("messages.unsent")
            return
        self._outgoing.put(name, payload)

    async def _session(self, deliver: Deliver) -> None:
        async with client(self._section, self._client_id, self._queue) as connection:
            await connection.subscribe(topics.EVERY_UP)
            self._connected()
            sending = asyncio.create_task(self._send_all(connection))
            try:
                async for message in connection.messages:
                    await deliver(self, self._queue.pop_all(message, topics.PREFIX))
                    await asyncio.sleep(_PAUSE_S)
                    # A broken sender ends the session too: its error is raised here.
                    if sending.done():
                        sending.result()
            finally:
                self._disconnected()
                sending.cancel()

    def _connected(self) -> None:
        self._backoff.succeeded(self._clock.monotonic_s())
        self._counters.add("mqtt.connects")
        self.connected = True
        _LOG.info("broker connected", extra={"host": self._section.host, "port": self._section.port})

    def _disconnected(self) -> None:
        # Old answers are worth nothing to a node that connects again later.
        self.connected = False
        self._outgoing.drop_all()

    async def _send_all(self, connection: aiomqtt.Client) -> None:
        while True:
            part = await self._outgoing.get(_AT_ONCE)
            await asyncio.gather(*(connection.publish(topics.PREFIX + name, payload) for name, payload in part))
            self._counters.add("messages.sent", len(part))


def client(section: MqttSection, client_id: str, queue: IntakeQueue | None = None) -> aiomqtt.Client:
    """A client of the site's broker, not connected yet.

    MQTT 3.1.1, because paho spends as much on the properties of each MQTT 5 packet as on all the rest. It has no way to bound what
    the broker passes on: that is the broker's own max_packet_size. What comes all the same, the queue cuts.
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
