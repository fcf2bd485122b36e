"""One line of a gateway's making on the bench's clock, with one node or several on it: each byte takes its time, and each station hears
every other. The gateway's end is the contract's; what it hears goes into the record of a LockstepGateway. Two that speak at once are
counted, and spoil nothing here: there are none, or the test fails.
"""

import heapq
import os
from contextlib import suppress
from itertools import count
from math import ceil

from contract.serial_link import Primary
from firmware.tests.far_end import opened
from hil_tests.lockstep_gateway import LockstepGateway

_GATEWAY = 0
_PIECE_BYTES = 64
_PAUSE_MS = 500


class LockstepWire:
    """stations: {address: (node, descriptor of the wire's end)}. `polls`: switched off, the gateway says nothing."""

    def __init__(self, gateway: LockstepGateway, stations: dict[int, tuple[str, int]], baud: int = 9600) -> None:
        self.polls = True
        self.collisions = 0
        self.primary = Primary(list(stations), answer_ms=400, gap_ms=150, most_ms=4000)
        self._gateway = gateway
        self._stations = stations
        self._byte_ms = 10_000 / baud
        self._pieces: list[tuple[float, int, int, bytes]] = []
        self._order = count()
        self._speaks_until: dict[int, float] = {}
        self._next_poll_ms = 0

    def turn(self, now_ms: int) -> bool:
        active = False
        for address, (_, fd) in self._stations.items():
            with suppress(BlockingIOError):
                self._speak(address, os.read(fd, 65536), now_ms)
        while self._pieces and self._pieces[0][0] <= now_ms:
            _, _, source, piece = heapq.heappop(self._pieces)
            self._deliver(source, piece, now_ms)
            active = True
        if self.polls and now_ms >= self._next_poll_ms:
            frame = self.primary.next_action(now_ms)
            if frame is not None:
                self._next_poll_ms = now_ms + _PAUSE_MS
                self.primary.sent(ceil(self._speak(_GATEWAY, frame, now_ms)))
        return active

    def next_due_ms(self) -> float | None:
        dues = [self._pieces[0][0]] if self._pieces else []
        if self.polls:
            dues.append(max(self._next_poll_ms, self.primary.next_due() or 0))
        return min(dues, default=None)

    def _speak(self, source: int, data: bytes, now_ms: int) -> float:
        """When the last bit is out."""
        at = max(now_ms, self._speaks_until.get(source, 0))
        self.collisions += any(until > at for other, until in self._speaks_until.items() if other != source)
        for begin in range(0, len(data), _PIECE_BYTES):
            piece = data[begin : begin + _PIECE_BYTES]
            at += len(piece) * self._byte_ms
            heapq.heappush(self._pieces, (at, next(self._order), source, piece))
        self._speaks_until[source] = at
        return at

    def _deliver(self, source: int, piece: bytes, now_ms: int) -> None:
        for address, (_, fd) in self._stations.items():
            if address != source:
                with suppress(BlockingIOError):  # a board that is off
                    os.write(fd, piece)
        if source == _GATEWAY:
            return
        self.primary.feed(piece, now_ms)
        while (heard := self.primary.next_message()) is not None:
            self._answer(*heard, now_ms)

    def _answer(self, address: int, message: bytes, now_ms: int) -> None:
        name, sealed = message.split(b" ", 1)
        direction, node, kind = name.decode().split("/")
        assert (direction, node) == ("up", self._stations[address][0])
        said, payload = self._gateway.take(node, *opened((kind, sealed), node), now_ms)
        self.primary.send(address, f"down/{node}/{said} ".encode() + payload)
