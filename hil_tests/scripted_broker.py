"""A broker of a test's making: it says exactly what the test says, when the test says it. The packets that come are cut by length only.

Knows of MQTT no more than the fixed header, so that it shares no mistake with the node's codec.
"""

import queue
import socket
import threading

WITHIN_S = 20.0
CONNACK = b"\x20\x02\x00\x00"
SUBACK = b"\x90\x03\x00\x01\x00"
CONNECT_TYPE, PUBLISH_TYPE, SUBSCRIBE_TYPE, PINGREQ_TYPE, DISCONNECT_TYPE = 1, 3, 8, 12, 14


def published(topic: str, payload: bytes) -> bytes:
    """A PUBLISH packet of QoS 0."""
    body = len(topic).to_bytes(2, "big") + topic.encode() + payload
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit + 128 if length else digit)
        if not length:
            return b"\x30" + bytes(digits) + body


class WildLink:
    """One connection. `ended` is set when the node closed it."""

    def __init__(self, connection: socket.socket) -> None:
        self.packets: queue.Queue[tuple[int, bytes]] = queue.Queue()
        self.ended = threading.Event()
        self._connection = connection
        threading.Thread(target=self._read, daemon=True).start()

    def next_packet(self, kind: int, within_s: float = WITHIN_S) -> bytes:
        """The body of the next packet of this type; others are passed over. Raises queue.Empty when none comes."""
        while True:
            found, body = self.packets.get(timeout=within_s)
            if found == kind:
                return body

    def accept(self) -> "WildLink":
        self.next_packet(CONNECT_TYPE)
        self.send(CONNACK)
        self.next_packet(SUBSCRIBE_TYPE)
        self.send(SUBACK)
        return self

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def publish(self, topic: str, payload: bytes) -> None:
        self.send(published(topic, payload))

    def next_publish(self, within_s: float = WITHIN_S) -> tuple[str, bytes]:
        body = self.next_packet(PUBLISH_TYPE, within_s)
        end = 2 + int.from_bytes(body[:2], "big")
        return body[2:end].decode(), body[end:]

    def close(self) -> None:
        self._connection.close()

    def _read(self) -> None:
        try:
            with self._connection.makefile("rb") as stream:
                while first := stream.read(1):
                    length = shift = 0
                    while True:
                        digit = stream.read(1)[0]
                        length |= (digit & 127) << shift
                        shift += 7
                        if digit < 128:
                            break
                    self.packets.put((first[0] >> 4, stream.read(length)))
        except (OSError, IndexError):  # reset, or ended inside a packet
            pass
        self.ended.set()


class WildBroker:
    """Listens from the start; `next_link` is the node's next attempt."""

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._links: queue.Queue[WildLink] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def next_link(self, within_s: float = WITHIN_S) -> WildLink:
        return self._links.get(timeout=within_s)

    def close(self) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._links.put(WildLink(connection))
