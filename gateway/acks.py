"""Acknowledgements: from what one commit holds to messages, merged into ranges per node and boot. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from contract.messages import ACK, write
from contract.sequence import to_ranges
from gateway.items import BadItem, Row

_MOST_RANGES = 64  # contract/messages.py, type ack


def ack_messages(committed: "Iterable[Row | BadItem]") -> list[tuple[str, str, bytes]]:
    """(node, type, body) for everything committed, now or before."""
    by_boot: dict[tuple[str, str], list[int]] = defaultdict(list)
    for item in committed:
        if item.seq is not None:
            by_boot[item.node, item.boot].append(item.seq)
    return [
        (node, ACK, write({"b": boot, "r": part}))
        for (node, boot), seqs in by_boot.items()
        for part in _parts(to_ranges(seqs))
    ]  # fmt: skip


def _parts(ranges: list[list[int]]) -> list[list[list[int]]]:
    return [ranges[start : start + _MOST_RANGES] for start in range(0, len(ranges), _MOST_RANGES)]
