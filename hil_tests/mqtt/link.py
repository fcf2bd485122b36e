"""A link to a real broker for tens of thousands of messages a second: packets are written whole, those that come are cut by length."""

import asyncio
from collections.abc import Callable

from hil_tests.mqtt import packets


class RawLink(asyncio.Protocol):
    """`on_publish` is given topic and payload. `ready` is set when the broker has accepted the subscription."""

    def __init__(self, subscription: str, on_publish: Callable[[str, bytes], None]) -> None:
        self._subscription = subscription
        self._on_publish = on_publish
        self._reader = packets.PacketReader()
        self._transport: asyncio.Transport
        self.ready = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(packets.connect("bench") + packets.subscribe(self._subscription))

    def publish(self, topic: str, payload: bytes) -> None:
        self._transport.write(packets.publish(topic, payload))

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        for kind, body in self._reader.feed(data):
            if kind == packets.PUBLISH:
                self._on_publish(*packets.topic_and_payload(body))
            elif kind == packets.SUBACK:
                self.ready.set()
