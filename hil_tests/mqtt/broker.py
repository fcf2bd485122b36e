"""A scripted broker: it sends exactly what the test says, when the test says it. The packets that come are cut by length only."""

import queue
import socket
import threading

from hil_tests.mqtt import packets

WITHIN_S = 20.0
_CHUNK_BYTES = 1 << 16


class ScriptedLink:
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

    def accept(self) -> "ScriptedLink":
        self.next_packet(packets.CONNECT)
        self.send(packets.CONNECT_ACCEPTED)
        self.next_packet(packets.SUBSCRIBE)
        self.send(packets.SUBSCRIBED)
        return self

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def publish(self, topic: str, payload: bytes) -> None:
        self.send(packets.publish(topic, payload))

    def next_publish(self, within_s: float = WITHIN_S) -> tuple[str, bytes]:
        return packets.topic_and_payload(self.next_packet(packets.PUBLISH, within_s))

    def close(self) -> None:
        self._connection.close()

    def _read(self) -> None:
        reader = packets.PacketReader()
        try:
            while data := self._connection.recv(_CHUNK_BYTES):
                for packet in reader.feed(data):
                    self.packets.put(packet)
        except OSError:  # reset, or closed here
            pass
        self.ended.set()


class ScriptedBroker:
    """Listens from the start; `next_link` is the node's next attempt."""

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._links: queue.Queue[ScriptedLink] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def next_link(self, within_s: float = WITHIN_S) -> ScriptedLink:
        return self._links.get(timeout=within_s)

    def close(self) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._links.put(ScriptedLink(connection))
