"""The fleet of the gateway's soak: a record that keeps of each item only that it came, so that ten million fit; absent on request."""

import asyncio
from collections import Counter
from typing import Any

from air.statistics.summaries import SUMMARY_EVENT
from contract.site import device_api
from contract.site import device_api_keys as keys
from hil_tests.stand_in_fleet.fleet import StandInFleet
from hil_tests.stand_in_fleet.http import Request, Response

_IN_RECORD, _REPORTED_LOST = 1, 2
_ASKED_KEPT = 10


class SoakRecord(StandInFleet):
    """One byte for each number of each node: 1 in the record, 2 reported as lost, 3 both. `largest`: numbers that a node may have."""

    def __init__(self, nodes: list[str], largest: int) -> None:
        super().__init__()
        self.longest_wait_s = 0.2
        self.seen = {node: bytearray(largest) for node in nodes}
        self.whys: Counter[str] = Counter()  # numbers reported as lost, by reason
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
        """Recorded, the answer not received, and then reported as lost."""
        return self.seen[node].count(_IN_RECORD | _REPORTED_LOST)

    async def ingest(self, request: Request) -> Response:
        self._requests += 1
        number = self._requests
        self._under_way[number] = self.step
        try:
            return await super().ingest(request)
        finally:
            del self._under_way[number]
            self._answered.set()
            del self.asked[:-_ASKED_KEPT], self.reports[:-1], self.anchors[:], self.batches[:]

    def record_loss(self, dropped: dict[str, Any]) -> None:
        seen = self.seen.get(dropped[keys.NODE])
        if seen is None:
            return
        for seq in range(dropped[keys.FROM], dropped[keys.TO] + 1):
            if not seen[seq] & _REPORTED_LOST:
                seen[seq] |= _REPORTED_LOST
                self.whys[dropped[keys.WHY]] += 1

    def record_item(self, item: dict[str, Any]) -> str:
        if item[keys.NODE] == self.gateway:
            return self._record_own(item)
        seen, seq = self.seen[item[keys.NODE]], item[keys.SEQ]
        if seen[seq] & _IN_RECORD:
            self.again += 1
            return device_api.DUPLICATE
        seen[seq] |= _IN_RECORD
        self.recorded += 1
        return device_api.ACCEPTED

    def _record_own(self, item: dict[str, Any]) -> str:
        key = (item[keys.NODE], item[keys.BOOT], item[keys.SEQ])
        if key in self.items:
            self.again += 1
            return device_api.DUPLICATE
        self.items[key] = {}
        if item[keys.BODY].get("k") == SUMMARY_EVENT:
            self.summarised += item[keys.BODY]["a"]["reports"]
        return device_api.ACCEPTED
