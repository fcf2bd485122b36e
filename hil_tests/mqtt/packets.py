"""MQTT 3.1.1 as bytes: packets of QoS 0 made, and cut out of a stream by their length. Pure: does not depend on who speaks.

type << 4 | flags    remaining length, 1 to 4 bytes, low 7 bits first    body
PUBLISH body: length of the topic, 2 bytes, topic, payload
"""

CONNECT, CONNACK, PUBLISH, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 8, 9, 12, 13, 14

CONNECT_ACCEPTED = b"\x20\x02\x00\x00"
SUBSCRIBED = b"\x90\x03\x00\x01\x00"
PONG = b"\xd0\x00"
_LENGTH_BYTES = 4


def connect(client: str, user: str = "", password: str = "") -> bytes:
    """Clean session, no keepalive; with a user also a password."""
    flags, account = (0xC2, _text(user) + _text(password)) if user else (0x02, b"")
    return _packet(CONNECT << 4, b"\x00\x04MQTT\x04" + bytes((flags, 0, 0)) + _text(client) + account)


def subscribe(topic: str) -> bytes:
    return _packet(SUBSCRIBE << 4 | 2, b"\x00\x01" + _text(topic) + b"\x00")


def publish(topic: str, payload: bytes) -> bytes:
    return _packet(PUBLISH << 4, _text(topic) + payload)


def topic_and_payload(body: bytes) -> tuple[str, bytes]:
    """Of a PUBLISH of QoS 0."""
    end = 2 + int.from_bytes(body[:2], "big")
    return body[2:end].decode(), body[end:]


class PacketReader:
    """`feed` what came; gives the packets that are complete with it, as (type, body)."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        self._data = data = self._data + data
        found, at = [], 0
        while (bounds := _bounds(data, at)) is not None:
            begin, end = bounds
            found.append((data[at] >> 4, data[begin:end]))
            at = end
        self._data = data[at:]
        return found

    def publishes(self, data: bytes) -> list[tuple[str, bytes]]:
        """As `feed`, but (topic, payload) of the PUBLISH packets only."""
        return [topic_and_payload(body) for kind, body in self.feed(data) if kind == PUBLISH]


class PacketCounter:
    """`feed` what came; gives how many packets were complete with it, of whatever type. Looks at nothing but their lengths."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> int:
        self._data = data = self._data + data
        count = at = 0
        while (bounds := _bounds(data, at)) is not None:
            count, at = count + 1, bounds[1]
        self._data = data[at:]
        return count


def _bounds(data: bytes, start: int) -> tuple[int, int] | None:
    """(where the body begins, where it ends) of the packet at `start`; None while not all of it is there."""
    length = shift = 0
    for at in range(start + 1, min(start + 1 + _LENGTH_BYTES, len(data))):
        length |= (data[at] & 0x7F) << shift
        if data[at] < 0x80:
            end = at + 1 + length
            return (at + 1, end) if end <= len(data) else None
        shift += 7
    return None


def _packet(first: int, body: bytes) -> bytes:
    length, encoded = len(body), bytearray()
    while True:
        length, low = length >> 7, length & 0x7F
        encoded.append(low | (0x80 if length else 0))
        if not length:
            return bytes([first]) + bytes(encoded) + body


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()
