"""What goes to the fleet in one request, and the answer to it, as values. Pure."""

from dataclasses import dataclass
from typing import Any

from gateway.items import Row
from gateway.store.site.dating import Dated

Gap = tuple[int, str, str, int, int, str]  # id, node, boot, first, last, why


@dataclass(frozen=True)
class BatchItem:
    id: int
    row: Row
    dated: Dated
    # contract.site.gps_positions, of a mobile site.
    position: dict[str, Any] | None = None


@dataclass(frozen=True)
class Batch:
    """`anchors`: (node, boot, offset_ms, error_ms). Both are repeated until the fleet has answered."""

    items: list[BatchItem]
    anchors: list[tuple[str, str, int, int]]
    gaps: list[Gap]

    @property
    def empty(self) -> bool:
        return not (self.items or self.anchors or self.gaps)


@dataclass(frozen=True)
class Verdict:
    """The fleet's answer for one item: status accepted, duplicate or refused, the last with a reason."""

    status: str
    reason: str = ""
