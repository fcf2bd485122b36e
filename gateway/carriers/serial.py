"""Nodes on a serial line: RS-485 with many of them, a wired pair, USB. The gateway is the primary station (contract/serial_link.py).

A message travels as "<direction>/<node>/<type> <sealed message>". Who is at which address is configuration: what comes from another
address in a node's name is dropped and counted, so that no node of the line can lead answers astray.
"""

import asyncio
from collections import deque
from typing import Any

from contract import topics
from contract.frames import MAX_FRAME_BYTES
from contract.serial_link import Primary
from gateway.carriers.carrier import CarrierMessage, Deliver
from gateway.counters import Counters
from gateway.ports.serial_port import SerialPort
from gateway.ports.source_status import RUNNING, SILENT, SourceStatus
from gateway.time.site_time import SiteTime

_CHARACTER_BITS = 10
_PAUSE_S = 0.002  # between two polls: a transceiver turns round
_IDLE_S = 0.1  # after a round in which no node had a message
_GAP_MS = 60  # the longest silence inside an answer
_WAITING = 64  # messages for one node; full: the oldest goes


class SerialCarrier:
    """source: of kind nodes, with defaults (contract.site.sources). Nodes report their periods themselves."""

    periods = None

    def __init__(self, source: dict[str, Any], device: str, deliver: Deliver, counters: Counters, site: SiteTime) -> None:
        self.status = SourceStatus(source["kind"], source["port"])
        self._source = source
        self._device = device
        self._deliver = deliver
        self._counters = counters
        self._site = site
        self._addresses = {node["node"]: node["address"] for node in source["nodes"]}
        self._waiting: dict[int, deque[bytes]] = {address: deque() for address in self._addresses.values()}
        self._linked = False
        self._idle_polls = 0

    def instruments(self) -> list[list[Any]]:
        return []

    async def run(self, deliver: Deliver | None = None) -> None:
        """Delivers what nodes send, until it is cancelled. Raises PortError when the line is gone."""
        port = SerialPort(self._device, self._source["baud"])
        try:
            port.open()
            self.status.state, self._linked = RUNNING, True
            await self._poll(port, self._primary(), deliver or self._deliver)
        finally:
            self._linked = False
            port.close()
            for messages in self._waiting.values():
                self._counters.add("messages.unsent", len(messages))
                messages.clear()

    def send(self, name: str, payload: bytes) -> None:
        parsed = topics.parse_name(name)
        address = self._addresses.get(parsed[1]) if parsed else None
        if address is None or not self._linked:
            self._counters.add("messages.unsent")
            return
        waiting = self._waiting[address]
        if len(waiting) >= _WAITING:
            waiting.popleft()
            self._counters.add("messages.unsent")
        waiting.append(name.encode() + b" " + payload)

    def _primary(self) -> Primary:
        most_ms = MAX_FRAME_BYTES * _CHARACTER_BITS * 1000 // int(self._source["baud"]) + 1000
        return Primary(sorted(self._waiting), self._source["answer_ms"], _GAP_MS, most_ms)

    async def _poll(self, port: SerialPort, primary: Primary, deliver: Deliver) -> None:
        while True:
            self._hand_over(primary)
            frame = primary.next_action(self._site.monotonic_ms())
            if frame is not None:
                self._idle_polls += 1
                idle = self._idle_polls > len(self._waiting)
                await asyncio.sleep(_IDLE_S if idle else _PAUSE_S)
                await port.write(frame)
                primary.sent(self._site.monotonic_ms())
            due_ms = primary.next_due()
            left_s = _IDLE_S if due_ms is None else (due_ms - self._site.monotonic_ms()) / 1000
            primary.feed(await port.read(left_s), self._site.monotonic_ms())
            await self._deliver_messages(primary, deliver)
            self._show(primary)

    def _hand_over(self, primary: Primary) -> None:
        for address, messages in self._waiting.items():
            if messages and not primary.waiting(address):
                primary.send(address, messages.popleft())
                self._counters.add("messages.sent")
                self._idle_polls = 0

    async def _deliver_messages(self, primary: Primary, deliver: Deliver) -> None:
        found = primary.next_message()
        while found is not None:
            address, message = found
            self._idle_polls = 0
            name, _, payload = message.partition(b" ")
            delivery = CarrierMessage(name.decode(errors="replace"), payload)
            parsed = topics.parse_name(delivery.name)
            if parsed is None or self._addresses.get(parsed[1]) != address:
                self._counters.add("serial.foreign")
            else:
                self.status.heard(self._site.utc_ms())
                await deliver(self, [delivery])
            found = primary.next_message()

    def _show(self, primary: Primary) -> None:
        absent = primary.absent()
        self.status.counters = dict(primary.counters)
        self.status.parts = [{"node": node, "address": address, "absent": address in absent} for node, address in self._addresses.items()]
        self.status.state = SILENT if len(absent) == len(self._waiting) else RUNNING
