"""A link to a real broker for tens of thousands of messages a second: packets are written whole, those that come are cut by length.

Knows of MQTT 3.1.1 what a test needs: CONNECT, SUBSCRIBE, PUBLISH, all of QoS 0.
"""

import asyncio
from collections.abc import Callable

from hil_tests.scripted_broker import CONNACK, PUBLISH_TYPE, published

_CONNECT = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x00\x00\x05bench"  # clean session, no keepalive, client id "bench"


class RawLink(asyncio.Protocol):
    """`on_publish` is given topic and payload. `ready` is set when the broker has taken the subscription."""

    def __init__(self, subscription: str, on_publish: Callable[[str, bytes], None]) -> None:
        self._subscription = subscription.encode()
        self._on_publish = on_publish
        self._inbox = bytearray()
        self._transport: asyncio.Transport
        self.ready = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        body = b"\x00\x01" + len(self._subscription).to_bytes(2, "big") + self._subscription + b"\x00"
        transport.write(_CONNECT + b"\x82" + bytes([len(body)]) + body)

    def publish(self, topic: str, payload: bytes) -> None:
        self._transport.write(published(topic, payload))

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._inbox += data
        start = 0
        while (packet := self._packet(start)) is not None:
            kind, begin, start = packet
            self._take(kind, bytes(self._inbox[begin:start]))
        del self._inbox[:start]

    def _packet(self, start: int) -> tuple[int, int, int] | None:
        """(type, where its body begins, where it ends), or None: not all of it is there."""
        length = shift = 0
        for at in range(start + 1, min(start + 5, len(self._inbox))):
            length |= (self._inbox[at] & 127) << shift
            shift += 7
            if self._inbox[at] < 128:
                end = at + 1 + length
                return (self._inbox[start] >> 4, at + 1, end) if end <= len(self._inbox) else None
        return None

    def _take(self, kind: int, body: bytes) -> None:
        if kind == PUBLISH_TYPE:
            end = 2 + int.from_bytes(body[:2], "big")
            self._on_publish(body[2:end].decode(), body[end:])
        elif kind != CONNACK[0] >> 4:
            self.ready.set()
