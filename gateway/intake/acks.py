"""Acknowledgements: what was committed goes in, messages come out, merged into ranges per node and boot. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from contract.messages import ACK, write
from contract.site.sequence import to_ranges
from gateway.items import BadItem, Row

_MOST_RANGES = 64  # contract/messages.py, type ack


class Acks:
    def __init__(self) -> None:
        self._by_boot: dict[tuple[str, str], list[int]] = defaultdict(list)

    def committed(self, items: "Iterable[Row | BadItem]") -> None:
        """These are on the disk, now or since before."""
        for item in items:
            if item.seq is not None:
                self._by_boot[item.node, item.boot].append(item.seq)

    def pop_all(self) -> list[tuple[str, str, bytes]]:
        """(node, type, body) of everything gathered."""
        gathered, self._by_boot = self._by_boot, defaultdict(list)
        return [(node, ACK, write({"b": boot, "r": part})) for (node, boot), seqs in gathered.items() for part in _parts(to_ranges(seqs))]


def _parts(ranges: list[list[int]]) -> list[list[list[int]]]:
    return [ranges[start : start + _MOST_RANGES] for start in range(0, len(ranges), _MOST_RANGES)]
