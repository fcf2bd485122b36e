"""MQTT 3.1.1 as bytes, as little of it as a bench needs: packets made before, and publishes read back out of a stream."""

from collections.abc import Iterator

CONNECT_ACCEPTED = b"\x20\x02\x00\x00"
_PUBLISH = 0x30
_SUBSCRIBE = 0x82


def connect(client: str) -> bytes:
    return _packet(0x10, b"\x00\x04MQTT\x04\x02\x00\x00" + _text(client))


def subscribe(topic: str) -> bytes:
    return _packet(_SUBSCRIBE, b"\x00\x01" + _text(topic) + b"\x00")


def publish(topic: str, payload: bytes) -> bytes:
    return _packet(_PUBLISH, _text(topic) + payload)


class PublishCounter:
    """`feed` what came; gives how many packets were complete with it, of whatever kind. Looks at nothing but their lengths."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> int:
        self._data = data = self._data + data
        count = at = 0
        while (end := _end(data, at)) is not None and end <= len(data):
            count, at = count + 1, end
        self._data = data[at:]
        return count


class Publishes:
    """`feed` what came; gives (topic, payload) of the publishes in it, QoS 0."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        self._data += data
        while (packet := self._next()) is not None:
            kind, body = packet
            if kind & 0xF0 == _PUBLISH:
                end = 2 + int.from_bytes(body[:2], "big")
                yield body[2:end].decode(), body[end:]

    def _next(self) -> tuple[int, bytes] | None:
        end = _end(self._data, 0)
        if end is None or end > len(self._data):
            return None
        begin = next(at for at in range(1, end + 1) if self._data[at] < 0x80) + 1
        kind, body = self._data[0], self._data[begin:end]
        self._data = self._data[end:]
        return kind, body


def _end(data: bytes, start: int) -> int | None:
    """Where the packet ends that begins at `start`; None while its length is not there yet."""
    length, shift, at = 0, 0, start + 1
    while at < len(data):
        length |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return at + length
    return None


def _packet(kind: int, body: bytes) -> bytes:
    length, encoded = len(body), bytearray()
    while True:
        length, low = length >> 7, length & 0x7F
        encoded.append(low | (0x80 if length else 0))
        if not length:
            return bytes([kind]) + bytes(encoded) + body


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()
