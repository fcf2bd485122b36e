"""The fleet of the gateway's soak: a record that keeps of each item only that it came, so that ten million fit; absent when told so."""

import asyncio
from collections import Counter
from typing import Any

from aiohttp import web

from air.statistics.summaries import SUMMARY_EVENT
from gateway.tests.fleet_stand_in import GATEWAY, FleetStandIn

_IN_RECORD, _TOLD_LOST = 1, 2
_ASKED_KEPT = 10


class SoakRecord(FleetStandIn):
    """One byte for each number of each node: 1 in the record, 2 told as lost, 3 both. `largest`: numbers that a node may have."""

    def __init__(self, nodes: list[str], largest: int) -> None:
        super().__init__()
        self.longest_wait_s = 0.2
        self.seen = {node: bytearray(largest) for node in nodes}
        self.whys: Counter[str] = Counter()  # numbers told as lost, by reason
        self.recorded = self.again = self.summarised = 0  # the last: reports that a summary in the record stands for
        self._under_way: dict[int, int] = {}  # number of a request -> step at which it came
        self._requests = 0
        self._answered = asyncio.Event()
        self.step = 0

    async def answered(self, within_steps: int) -> None:
        """Returns when no request has waited longer: time must not run away from an answer that is being made."""
        while self._under_way and self.step - min(self._under_way.values()) > within_steps:
            self._answered.clear()
            await self._answered.wait()

    def unaccounted(self, node: str, count: int) -> int:
        return self.seen[node].count(0, 0, count)

    def both(self, node: str) -> int:
        """Recorded, the answer not heard, and then told as lost."""
        return self.seen[node].count(_IN_RECORD | _TOLD_LOST)

    async def _ingest(self, request: web.Request) -> web.StreamResponse:
        self._requests += 1
        number = self._requests
        self._under_way[number] = self.step
        try:
            return await super()._ingest(request)
        finally:
            del self._under_way[number]
            self._answered.set()
            del self.asked[:-_ASKED_KEPT], self.reports[:-1], self.anchors[:], self.batches[:]

    def _take(self, document: dict[str, Any]) -> dict[str, Any]:
        answer = super()._take(document)
        for told in self.dropped:
            self._lose(told)
        self.dropped.clear()
        return answer

    def _lose(self, told: dict[str, Any]) -> None:
        seen = self.seen.get(told["node"])
        if seen is None:
            return
        for seq in range(told["from"], told["to"] + 1):
            if not seen[seq] & _TOLD_LOST:
                seen[seq] |= _TOLD_LOST
                self.whys[told["why"]] += 1

    def _take_item(self, item: dict[str, Any]) -> dict[str, str]:
        if item["node"] == GATEWAY:
            return self._take_own(item)
        seen, seq = self.seen[item["node"]], item["seq"]
        if seen[seq] & _IN_RECORD:
            self.again += 1
            return {"status": "duplicate"}
        seen[seq] |= _IN_RECORD
        self.recorded += 1
        return {"status": "accepted"}

    def _take_own(self, item: dict[str, Any]) -> dict[str, str]:
        key = (item["node"], item["boot"], item["seq"])
        if key in self.items:
            self.again += 1
            return {"status": "duplicate"}
        self.items[key] = {}
        if item["body"].get("k") == SUMMARY_EVENT:
            self.summarised += item["body"]["a"]["reports"]
        return {"status": "accepted"}
