"""What a fleet has of its gateway's deliveries: every item that it accepted, so that a test can say what is in the record, how often, and
with which date. A test that keeps less of each overrides `record_item` and `record_loss`.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from contract.site import device_api
from contract.site import device_api_keys as keys
from hil_tests.stand_in_fleet.bodies import Batch

Key = tuple[str, str, int]


class IngestRecord:
    """`refuse`: gives the reason for which an item that is good is refused all the same."""

    def __init__(self, gateway: str) -> None:
        self.gateway = gateway
        self.nodes = {gateway}  # registered, and deployed at this gateway
        self.foreign: set[str] = set()  # registered at another gateway
        self.items: dict[Key, dict[str, Any]] = {}
        self.accepted: list[Key] = []  # in the order of their arrival
        self.anchors: list[dict[str, Any]] = []
        self.dropped: list[dict[str, Any]] = []
        self.duplicates = 0
        self.refusals: Counter[str] = Counter()
        self.refuse: Callable[[dict[str, Any]], str | None] = lambda item: None

    def record(self, batch: Batch) -> dict[str, Any]:
        """The answer, but for its time."""
        self.refusals.update(batch.refused)
        self.anchors += [anchor for anchor in batch.anchors if self._is_ours(anchor, device_api.BAD_ANCHOR)]
        for dropped in batch.dropped:
            if self._is_ours(dropped, device_api.BAD_TOMBSTONE):
                self.record_loss(dropped)
        results = [self._judge(item, detail) for item, detail in zip(batch.items, batch.faults)]
        return {keys.RESULTS: results, keys.DROPPED: batch.told}

    def _is_ours(self, named: dict[str, Any], reason: str) -> bool:
        ours = named[keys.NODE] in self.nodes
        self.refusals[reason] += not ours
        return ours

    def _judge(self, item: dict[str, Any], detail: str | None) -> dict[str, str]:
        if detail is not None:
            return self._refuse(device_api.BAD_ITEM) | {keys.DETAIL: detail}
        if item[keys.NODE] not in self.nodes:
            return self._refuse(device_api.NOT_OF_THIS_GATEWAY if item[keys.NODE] in self.foreign else device_api.UNKNOWN_NODE)
        reason = self.refuse(item)
        return self._refuse(reason) if reason else {keys.STATUS: self.record_item(item)}

    def _refuse(self, reason: str) -> dict[str, str]:
        self.refusals[reason] += 1
        return {keys.STATUS: device_api.REFUSED, keys.REASON: reason}

    def record_item(self, item: dict[str, Any]) -> str:
        """Whether it is accepted or duplicate."""
        key = (item[keys.NODE], item[keys.BOOT], item[keys.SEQ])
        if key in self.items:
            self.duplicates += 1
            return device_api.DUPLICATE
        self.items[key] = item
        self.accepted.append(key)
        return device_api.ACCEPTED

    def record_loss(self, dropped: dict[str, Any]) -> None:
        self.dropped.append(dropped)
