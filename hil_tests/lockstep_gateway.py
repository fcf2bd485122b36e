"""A broker and a gateway of a test's making on the bench's clock: served inside the turn of the bench, so that a run is what its seed says.

It keeps what the node says and commits nothing. By scenario it is away, late, or loses what it answers.
"""

import heapq
import random
import select
import socket
from itertools import count
from typing import Any

from contract import topics
from firmware.tests.far_end import NODE, acknowledgement, opened, time_answer
from hil_tests.mqtt import packets

Item = dict[str, Any]
_CHUNK = 65536


class LockstepGateway:
    """`items`: {(boot, number): (kind, item)}, `arrived_ms` when the first of each came; `boots` in the order of their appearance."""

    def __init__(self, seed: int = 0) -> None:
        self.items: dict[tuple[str, int], tuple[str, Item]] = {}
        self.arrived_ms: dict[tuple[str, int], int] = {}
        self.boots: list[str] = []
        self.repeated = 0
        self.contradicting: list[tuple[str, int]] = []
        self.away = False
        self.lost_answers = 0.0
        self.late_ms = 20
        self._dice = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._link: socket.socket | None = None
        self._reader = packets.PacketReader()
        self._answers: list[tuple[float, int, bytes]] = []
        self._order = count()

    def close(self) -> None:
        self._hang_up()
        self._listener.close()

    def restart(self) -> None:
        """The link is gone; the next one is taken."""
        self._hang_up()

    def turn(self, now_ms: int) -> bool:
        active = self._accept()
        if self.away and self._link is not None:
            self._hang_up()
            active = True
        if self._link is not None:
            active |= self._hear(now_ms)
        while self._answers and self._answers[0][0] <= now_ms:
            self._send(heapq.heappop(self._answers)[2])
            active = True
        return active

    def next_due_ms(self) -> float | None:
        return self._answers[0][0] if self._answers else None

    def say(self, kind: str, payload: bytes, at_ms: float) -> None:
        packet = packets.publish(topics.topic(topics.DOWN, NODE, kind), payload)
        heapq.heappush(self._answers, (at_ms, next(self._order), packet))

    def _accept(self) -> bool:
        try:
            link, _ = self._listener.accept()
        except BlockingIOError:
            return False
        self._hang_up()
        if self.away:
            link.close()
            return True
        link.setblocking(False)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._link = link
        return True

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
        self._link = None
        self._reader = packets.PacketReader()
        self._answers.clear()

    def _hear(self, now_ms: int) -> bool:
        assert self._link is not None
        # Else the kernel acknowledges 40 ms of the wall later, and the board holds back the rest of its message until then.
        self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if not select.select([self._link], [], [], 0)[0]:
            return False
        try:
            data = self._link.recv(_CHUNK)
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return False
        for packet in self._reader.feed(data):
            self._handle(*packet, now_ms)
        return True

    def _handle(self, kind: int, body: bytes, now_ms: int) -> None:
        if kind == packets.CONNECT:
            self._send(packets.CONNECT_ACCEPTED)
        elif kind == packets.SUBSCRIBE:
            self._send(packets.SUBSCRIBED)
        elif kind == packets.PINGREQ:
            self._send(packets.PONG)
        elif kind == packets.PUBLISH:
            topic, payload = packets.topic_and_payload(body)
            name = topics.parse_topic(topic)
            assert name is not None
            answer = self.take(NODE, *opened((name[2], payload)), now_ms)
            lost = self._dice.random() < self.lost_answers
            at_ms = now_ms + self._dice.uniform(1, self.late_ms)
            if not lost:
                self.say(*answer, at_ms)

    def take(self, node: str, kind: str, body: Item, now_ms: int) -> tuple[str, bytes]:
        """What came, by whatever link; answers (type, message) to say."""
        boot = body["b"]
        if boot not in self.boots:
            self.boots.append(boot)
        if kind == "get":
            # Taken when the answer leaves: what is late is late on the way back.
            return "time", time_answer(body, now_ms, node=node)
        for item in body["i"]:
            self._keep(boot, kind, item, now_ms)
        return "ack", acknowledgement(boot, *[[item["q"], item["q"]] for item in body["i"]], node=node)

    def _keep(self, boot: str, kind: str, item: Item, now_ms: int) -> None:
        key = boot, item["q"]
        if key not in self.items:
            self.items[key] = kind, item
            self.arrived_ms[key] = now_ms
            return
        self.repeated += 1
        if self.items[key] != (kind, item):
            self.contradicting.append(key)

    def _send(self, data: bytes) -> None:
        if self._link is None:
            return
        try:
            self._link.sendall(data)
        except OSError:
            self._hang_up()
