"""Publishes packets made before, as fast as the broker takes them. A process of its own, so that it costs the measured process nothing.

python -m hil_tests.bench.publisher PORT FILE NODE KEY ACKNOWLEDGED

It prints {"started": monotonic s} and, when so many reports have been acknowledged, {"acknowledged": monotonic s}; with 0 only the first.
"""

import json
import socket
import sys
import threading
import time
from pathlib import Path

from contract import messages, topics
from contract.authentication import unseal
from hil_tests.mqtt.packets import CONNECT_ACCEPTED, SUBSCRIBED, PacketReader, connect, subscribe

_CHUNK_BYTES = 1 << 16
_PATIENCE_S = 120


def main(port: int, file: Path, node: str, key: bytes, acknowledged: int) -> None:
    packets = file.read_bytes()
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S) as link:
        link.sendall(connect("publisher"))
        assert link.recv(4) == CONNECT_ACCEPTED
        if acknowledged:
            link.sendall(subscribe(topics.every_down(node)))
            assert link.recv(len(SUBSCRIBED), socket.MSG_WAITALL) == SUBSCRIBED
        sending = threading.Thread(target=_send, args=(link, packets))
        sending.start()
        if acknowledged:
            _wait_for_acks(link, node, key, acknowledged)
        sending.join()


def _send(link: socket.socket, packets: bytes) -> None:
    _tell("started")
    for start in range(0, len(packets), _CHUNK_BYTES):
        link.sendall(packets[start : start + _CHUNK_BYTES])


def _wait_for_acks(link: socket.socket, node: str, key: bytes, count: int) -> None:
    reader, seen = PacketReader(), set[int]()
    while len(seen) < count:
        for topic, payload in reader.publishes(link.recv(_CHUNK_BYTES)):
            if topic == topics.topic(topics.DOWN, node, messages.ACK):
                body = messages.read(messages.ACK, unseal(key, topics.DOWN, node, messages.ACK, payload))
                for first, last in body["r"]:
                    seen.update(range(first, last + 1))
    _tell("acknowledged")


def _tell(what: str) -> None:
    print(json.dumps({what: time.monotonic()}), flush=True)  # noqa: T201 - what it is for


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], bytes.fromhex(sys.argv[4]), int(sys.argv[5]))
