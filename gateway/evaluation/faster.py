"""Requests to nodes to report more often for a while: sent until the node's reports show it. Pure: what is wanted in, messages out.

A node takes a request of its present boot only, and only one with a greater number than the last (contract/messages.py, type do):
numbers are seconds of UTC, or one more than the last. A request is said again, in the same words, until its node shows it,
starts anew (then it is asked anew), or the time is over.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from contract.messages import MAX_SEQ

AGAIN_S = 5.0
MOST_NODES = 1000


class Request(NamedTuple):
    node: str
    body: dict[str, Any]


@dataclass
class _Wanted:
    period_ms: int
    until_s: float
    boot: str = ""
    number: int = 0
    due_s: float = 0.0
    is_shown: bool = False


class FasterRequests:
    def __init__(self) -> None:
        self._wanted: dict[str, _Wanted] = {}
        self._last_number = 0

    def ask(self, nodes: tuple[str, ...], period_s: int, for_s: int, now_s: float) -> None:
        """A shorter period, or a later end, than is asked of a node already takes its place."""
        for node in nodes:
            before = self._wanted.get(node)
            if before is None and len(self._wanted) >= MOST_NODES:
                continue
            wanted = _Wanted(1000 * period_s, now_s + for_s, due_s=now_s)
            if before is None or wanted.period_ms < before.period_ms or wanted.until_s > before.until_s:
                self._wanted[node] = wanted

    def shows(self, node: str, boot: str, duration_ms: int) -> None:
        """A report of this node."""
        wanted = self._wanted.get(node)
        if wanted is not None and wanted.boot == boot and duration_ms <= wanted.period_ms:
            wanted.is_shown = True

    def next_action(self, boots: dict[str, str], now_s: float, utc_s: int) -> Request | None:
        """`boots`: of the nodes that have been heard."""
        for node, wanted in list(self._wanted.items()):
            if now_s >= wanted.until_s:
                del self._wanted[node]
                continue
            boot = boots.get(node, "")
            if not boot or (boot == wanted.boot and (wanted.is_shown or now_s < wanted.due_s)):
                continue
            if boot != wanted.boot:
                self._last_number = min(MAX_SEQ, max(self._last_number + 1, utc_s))
                wanted.boot, wanted.number, wanted.is_shown = boot, self._last_number, False
            wanted.due_s = now_s + AGAIN_S
            left_ms = max(1000, int(1000 * (wanted.until_s - now_s)))
            return Request(node, {"b": boot, "k": wanted.number, "w": "faster", "p": wanted.period_ms, "d": left_ms})
        return None
